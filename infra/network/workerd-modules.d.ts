/** A module that workerd has under the flag `unsafe_module`. */
declare module "workerd:unsafe" {
  const unsafe: { evict(stub: DurableObjectStub): Promise<void>; abortAllDurableObjects(): Promise<void> };
  export default unsafe;
}
