import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import * as vscode from "vscode";

/** The part of the manifest these tests are about; read from the extension, so that nothing is listed twice. */
interface Manifest {
  readonly main: string;
  readonly contributes?: {
    readonly commands?: readonly { readonly command: string }[];
    readonly configuration?: { readonly properties?: Readonly<Record<string, unknown>> };
  };
}

suite("activation", () => {
  const id = "multi-arch-builds.multi-arch-builds";

  function findExtension(): vscode.Extension<unknown> {
    const extension = vscode.extensions.getExtension(id);
    assert.ok(extension, `VS Code does not know ${id}`);
    return extension;
  }

  test("finds the extension with the manifest of this checkout", () => {
    const extension = findExtension();
    const onDisk: unknown = JSON.parse(readFileSync(path.join(extension.extensionPath, "package.json"), "utf8"));
    assert.equal((extension.packageJSON as Manifest).main, (onDisk as Manifest).main);
  });

  test("activates without an error", async () => {
    await findExtension().activate();
    assert.ok(findExtension().isActive);
  });

  test("registers every command the manifest declares", async () => {
    const extension = findExtension();
    await extension.activate();
    const registered = new Set(await vscode.commands.getCommands(true));
    const declared = (extension.packageJSON as Manifest).contributes?.commands ?? [];
    assert.deepEqual(
      declared.map(({ command }) => command).filter((command) => !registered.has(command)),
      [],
    );
  });
});
