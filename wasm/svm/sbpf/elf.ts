/**
 * From the bytes of a program to an executable: load, verify, translate the code for the interpreter.
 * Agave 4.2: program-runtime/src/{deploy,loaded_programs}.rs; solana-sbpf 0.23 src/elf.rs.
 */
import { heapAlloc, heapFree } from "../../memory/heap";
import { translateCode } from "./decode";
import { elfError, elfErrorReset, elfOutOfBounds } from "./elf-error";
import { E_FLAGS } from "./elf-file";
import { elfLoadLenient, lenientCodeLength, lenientCodeOffset } from "./elf-lenient";
import { elfLoadStrict, strictCodeLength, strictCodeOffset } from "./elf-strict";
import {
  EXE_BYTES,
  EXE_CODE,
  EXE_CODE_COUNT,
  EXE_RODATA,
  EXE_RODATA_ROOM,
  EXE_SIZE,
  EXE_VERSION,
} from "./executable";
import { functionsBegin, functionsEnd } from "./functions";
import { verify } from "./verifier";

export { elfErrorLength, elfErrorText } from "./elf-error";

/** The highest version that mainnet runs. */
const MAX_VERSION: u32 = 3;

function loadInto(executable: usize, file: usize, len: u32, deploying: bool): bool {
  if (len < <u32>E_FLAGS + 4) return elfOutOfBounds();
  const version = load<u32>(file, E_FLAGS);
  if (version > MAX_VERSION) return elfError("Detected sbpf_version required by the executable which are not enabled");
  store<u8>(executable, <u8>version, EXE_VERSION);
  let code: usize;
  let length: u32;
  if (version < 3) {
    if (!elfLoadLenient(executable, file, len, deploying)) return false;
    code = <usize>load<u32>(executable, EXE_RODATA) + lenientCodeOffset();
    length = lenientCodeLength();
  } else {
    if (!elfLoadStrict(executable, file, len)) return false;
    code = file + strictCodeOffset();
    length = strictCodeLength();
  }
  if (!verify(code, length, version)) return false;
  translateCode(executable, code, length >> 3, version, deploying);
  const bytes: u32 = <u32>EXE_SIZE + load<u32>(executable, EXE_RODATA_ROOM) + load<u32>(executable, EXE_CODE_COUNT) * 8;
  store<u32>(executable, bytes, EXE_BYTES);
  return true;
}

/** Loads and verifies [elf, elf + len): an executable, or 0 with elfErrorText. `deploying`: the stricter rules of a deployment. */
export function executableLoad(elf: usize, len: u32, deploying: bool): usize {
  elfErrorReset();
  const executable = heapAlloc(<u32>EXE_SIZE);
  memory.fill(executable, 0, EXE_SIZE);
  functionsBegin(len);
  const done = loadInto(executable, elf, len, deploying);
  functionsEnd();
  if (done) return executable;
  executableFree(executable);
  return 0;
}

export function executableFree(executable: usize): void {
  const rodata = load<u32>(executable, EXE_RODATA);
  if (rodata) heapFree(rodata, load<u32>(executable, EXE_RODATA_ROOM));
  const code = load<u32>(executable, EXE_CODE);
  if (code) heapFree(code, (load<u32>(executable, EXE_CODE_COUNT) + 1) << 3);
  heapFree(executable, <u32>EXE_SIZE);
}
