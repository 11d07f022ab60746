import type { Uri } from "vscode";

/** Prefix of every id this extension contributes. */
export const extensionPrefix = "multiArchBuilds";

/** Ids of the contributed views. */
export const views = { container: "multiArchBuilds", explorer: "multiArchBuilds.explorer" } as const;

/** Type of the webview panels of builds. */
export const buildPanelType = "multiArchBuilds.build";

/** What the explorer hands to commands run on one of its rows: the row's id. */
export type ExplorerRow = string;

/** Arguments of every contributed command, by id. The manifest test compares the ids with package.json. */
export interface CommandArguments {
  /**
   * From the palette without arguments, from editors with the Dockerfile and perhaps one of its stages, from the
   * explorer with a builder's row.
   */
  "multiArchBuilds.build": [target?: Uri | ExplorerRow, stage?: unknown];
  "multiArchBuilds.buildAgain": [build?: ExplorerRow];
  "multiArchBuilds.cancelBuild": [build?: ExplorerRow];
  "multiArchBuilds.showBuild": [build?: ExplorerRow];
  "multiArchBuilds.createBuilder": [];
  "multiArchBuilds.removeBuilder": [builder?: ExplorerRow];
  "multiArchBuilds.refresh": [];
  /** From the explorer with the row whose name is meant. */
  "multiArchBuilds.copyName": [row: ExplorerRow];
  "multiArchBuilds.forgetBuilds": [];
  /** From the explorer with the row of a problem. */
  "multiArchBuilds.nextStep": [problem: ExplorerRow];
  /** From a link with the id of the setting that is meant; else all of ours. */
  "multiArchBuilds.openSettings": [setting?: string];
  "multiArchBuilds.showLog": [];
}

export type CommandId = keyof CommandArguments;

/** Context keys that menus and welcome views depend on. */
export interface ContextKeys {
  "multiArchBuilds.isBuildxMissing": boolean;
  "multiArchBuilds.isClusterMissing": boolean;
  "multiArchBuilds.isBuilding": boolean;
  "multiArchBuilds.hasBuilds": boolean;
}

/** Types of the contributed settings, by id without the prefix. */
export interface Settings {
  "buildx.path": string;
  kubeconfig: string;
  "builder.buildkitdConfig": string;
  "builder.driverOptions": Readonly<Record<string, string>>;
  "build.arguments": readonly string[];
  "codeLens.enabled": boolean;
  "lineTimings.enabled": boolean;
}
