/** Something the user can act on: shown as it is, without a stack. */
export class LabError extends Error {
  override readonly name = "LabError";
}
