/**
 * nalive/server: `nalive serve` inside your own program.
 */
export { type ErrorCode, NaliveError } from "../../core/errors.js";
export type {
  BoundsOptions,
  PublishOptions,
  RecordingOptions,
  ServerOptions,
  ViewOptions,
} from "./config/serve-config.js";
export { type RunningServer, startServer } from "./server.js";
