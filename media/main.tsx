// oxlint-disable-next-line import/no-unassigned-import -- a style sheet has no value
import "./style/index.css";
import { render } from "preact";
import type { ToWebview } from "../src/protocol.ts";
import { App } from "./app.tsx";
import { Panel, PanelContext } from "./panel.ts";

const root = document.getElementById("root");
if (root) {
  const logHeight = Number(root.dataset["logHeight"]) || undefined;
  const panel = new Panel(acquireVsCodeApi(), logHeight);
  addEventListener("message", (event: MessageEvent<ToWebview>) => panel.receive(event.data));
  render(
    <PanelContext.Provider value={panel}>
      <App />
    </PanelContext.Provider>,
    root,
  );
  panel.post({ type: "ready" });
}
