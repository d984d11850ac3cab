/** What Miniflare has no option for: workerd's binding that connects to the debug port of another workerd. */
import { kVoid, type Plugin, type Worker_Binding } from "miniflare";

/** Name of the binding's type in Miniflare's options, and of the plugin. */
export const DEBUG_PORT = "debug-port";

export const plugins: Record<string, Plugin> = {
  [DEBUG_PORT]: {
    getBindings({ config }) {
      return Object.entries(config.env ?? {})
        .filter(([, binding]) => binding.type === `unsafe:${DEBUG_PORT}`)
        .map(([name]): Worker_Binding => ({ name, workerdDebugPort: kVoid }));
    },
    getNodeBindings: () => ({}),
    getServices: () => undefined,
  },
};
