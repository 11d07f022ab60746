// The extension under the page objects' own tests: small, and with one of everything.
import * as vscode from "vscode";

/** A row: a group has 40 children, of which only the first has a child. */
interface Thing {
  readonly label: string;
  readonly description?: string;
  readonly children: readonly Thing[];
}

export function activate({ subscriptions }: vscode.ExtensionContext): void {
  const status = vscode.window.createStatusBarItem(vscode.StatusBarAlignment.Left);
  status.text = "$(beaker) Probe ready";
  status.command = "probe.notify";
  status.show();
  const tree = new Things();
  subscriptions.push(
    status,
    vscode.window.registerTreeDataProvider("probe.tree", tree),
    vscode.window.registerTreeDataProvider("probe.other", new Things(["other"])),
    vscode.window.registerTreeDataProvider("probe.empty", new Things([])),
    vscode.languages.registerCodeLensProvider({ language: "dockerfile" }, { provideCodeLenses }),
    ...problems(),
    ...Object.entries(commands(tree, status)).map(([id, run]) => vscode.commands.registerCommand(id, run)),
  );
}

class Things implements vscode.TreeDataProvider<Thing> {
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #labels: string[];

  constructor(labels: readonly string[] = ["alpha", "beta", "gamma"]) {
    this.#labels = [...labels];
  }

  grow(label: string): void {
    this.#labels.push(label);
    this.#changed.fire();
  }

  getChildren(parent?: Thing): Thing[] {
    if (parent) return [...parent.children];
    return this.#labels.map((label) => ({ label, description: `group ${label}`, children: childrenOf(label) }));
  }

  getTreeItem({ label, description, children }: Thing): vscode.TreeItem {
    const { Collapsed, None } = vscode.TreeItemCollapsibleState;
    return { label, description, contextValue: "thing", collapsibleState: children.length > 0 ? Collapsed : None };
  }
}

function childrenOf(group: string): readonly Thing[] {
  return Array.from({ length: 40 }, (_, index) => ({
    label: `item ${index}`,
    description: `of ${group}`,
    children: index === 0 ? [{ label: "leaf", children: [] }] : [],
  }));
}

function commands(tree: Things, status: vscode.StatusBarItem): Record<string, (thing?: Thing) => unknown> {
  const tell = (text: string) => {
    status.text = text;
  };
  return {
    "probe.grow": () => tree.grow("delta"),
    "probe.polish": (thing) => tell(`polished ${thing?.label}`),
    "probe.rename": (thing) => tell(`renamed ${thing?.label}`),
    "probe.pick": async () => {
      const items = ["red", "green", "blue"].map((label) => ({ label, description: `a colour`, detail: `${label}!` }));
      tell(`picked ${(await vscode.window.showQuickPick(items, { title: "Which Colour" }))?.label}`);
    },
    "probe.pickMany": async () => {
      const items = ["one", "two", "three"].map((label) => ({ label, picked: label === "one" }));
      const picked = await vscode.window.showQuickPick(items, { title: "Which Numbers", canPickMany: true });
      tell(`picked ${picked?.map(({ label }) => label).join("+")}`);
    },
    "probe.pickFromMany": async () => {
      const items = Array.from({ length: 100 }, (_, index) => `number ${index}`);
      tell(`picked ${await vscode.window.showQuickPick(items, { title: "Which Of Many" })}`);
    },
    "probe.environment": () => tell(process.env["PROBE"] ?? "nothing"),
    "probe.wizard": async () => {
      const name = await vscode.window.showInputBox({ title: "Name", value: "first", validateInput });
      const place = await vscode.window.showInputBox({ title: "Place", prompt: "Where?" });
      tell(`asked ${name} at ${place}`);
    },
    "probe.notify": async () =>
      tell(`answered ${await vscode.window.showWarningMessage("Something happened", "Fix", "Ignore")}`),
    "probe.confirm": async () => {
      const options = { modal: true, detail: "There is no way back." };
      tell(`confirmed ${await vscode.window.showWarningMessage("Remove it?", options, "Remove")}`);
    },
    "probe.lens": () => tell("lens clicked"),
    "probe.panel": () => openPanel(tell),
  };
}

const validateInput = (value: string) => (value.includes(" ") ? "No spaces, please" : undefined);

function provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
  return Array.from({ length: document.lineCount }, (_, line) => line)
    .filter((line) => document.lineAt(line).text.startsWith("FROM"))
    .map(
      (line) =>
        new vscode.CodeLens(new vscode.Range(line, 0, line, 0), { title: `Lens ${line}`, command: "probe.lens" }),
    );
}

const lineStart = (line: number) => new vscode.Range(line, 0, line, 4);

function problems(): vscode.Disposable[] {
  const collection = vscode.languages.createDiagnosticCollection("probe");
  const look = (document: vscode.TextDocument) => {
    if (document.languageId !== "dockerfile") return;
    const { Error, Warning } = vscode.DiagnosticSeverity;
    const warning = new vscode.Diagnostic(lineStart(1), "This is odd", Warning);
    warning.source = "probe";
    collection.set(document.uri, [new vscode.Diagnostic(lineStart(0), "This is wrong", Error), warning]);
  };
  for (const document of vscode.workspace.textDocuments) look(document);
  return [collection, vscode.workspace.onDidOpenTextDocument(look)];
}

function openPanel(tell: (text: string) => void): void {
  const panel = vscode.window.createWebviewPanel("probe", "Probe Panel", vscode.ViewColumn.Active, {
    enableScripts: true,
  });
  panel.webview.onDidReceiveMessage((text: string) => tell(text));
  panel.webview.html = `<!doctype html><h1>Inside</h1><button>Press</button>
<script>document.querySelector("button").onclick = () => acquireVsCodeApi().postMessage("pressed");</script>`;
}
