import { ERR_INVALID_INSTRUCTION_DATA } from "../../errors";
export function processSystem(): i32 {
  return ERR_INVALID_INSTRUCTION_DATA;
}
