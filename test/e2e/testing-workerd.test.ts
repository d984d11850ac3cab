/** The contract of a network inside a test, on workerd. */
import { contract } from "../testing/contract.ts";

contract({ engine: "workerd" });
