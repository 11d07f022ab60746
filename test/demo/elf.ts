import { closeSync, openSync, readSync } from "node:fs";

/** ELF's numbers for the architectures we build for (`e_machine`). */
const machines: Readonly<Record<number, string>> = { 0x3e: "amd64", 0xb7: "arm64" };

/**
 * The architecture a program was built for.
 *
 * @throws {Error} when the file is missing, or no little-endian ELF program of a known architecture
 */
export function architectureOfProgram(file: string): string {
  const header = Buffer.alloc(20);
  const descriptor = openSync(file, "r");
  try {
    readSync(descriptor, header, 0, header.length, 0);
  } finally {
    closeSync(descriptor);
  }
  const isElf = header.subarray(0, 4).toString("latin1") === "\x7fELF" && header[5] === 1;
  const machine = header.readUInt16LE(18);
  const architecture = isElf ? machines[machine] : undefined;
  if (architecture === undefined)
    throw new Error(`${file} is not a program we know (machine 0x${machine.toString(16)}).`);
  return architecture;
}
