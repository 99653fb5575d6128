// Starts what a page needs. Every page works without any of this.
import { startLive } from "./live.js";
import { startLogs } from "./logs.js";
import { startGraph } from "./graph.js";
import { startTicking } from "./ticking.js";
import { startFrame } from "./frame.js";

startFrame();
startGraph();
startTicking();
startLogs();
startLive();
