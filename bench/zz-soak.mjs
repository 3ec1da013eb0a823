import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { WebSocket } from "ws";
const port = 38222;
const { makeClip, cameraSpec } = await import("./harness/clips.mjs");
const clip = await makeClip({ ...cameraSpec, width: 640, height: 360, kilobits: 1000, pictures: 90 });
const child = spawn(process.execPath, ["dist/cli/main.js", "serve", "--port", String(port), "--log", "silent", "--recordings", "/tmp/soakrec", "--record", "c0"], { stdio: "ignore" });
await new Promise((r) => setTimeout(r, 2500));
const sleep = (ms) => new Promise((r) => setTimeout(r, ms));
const end = Date.now() + 230_000;
const open = async (path) => { const ws = new WebSocket(`ws://127.0.0.1:${port}${path}`, { perMessageDeflate: false }); ws.on("error", () => {}); await once(ws, "open"); return ws; };
async function publisher(name) { while (Date.now() < end) { try { const ws = await open(`/publish/${name}`); const stop = Date.now() + 4000 + Math.random() * 8000; let p = 0; while (Date.now() < stop && ws.readyState === 1) { ws.send(clip.accessUnits[p++ % 90]); await sleep(33); } ws.terminate(); await sleep(500 + Math.random() * 1500); } catch { await sleep(300); } } }
async function viewer(i) { while (Date.now() < end) { try { const ws = await open(`/streams/c${i % 8}/ws`); await sleep(Math.random() * 5000); ws.terminate(); await sleep(Math.random() * 500); } catch { await sleep(300); } } }
async function reader(i) { while (Date.now() < end) { const a = new AbortController(); try { const r = await fetch(`http://127.0.0.1:${port}/streams/c${i % 8}/${["live.mp4", "live.mjpeg", "live.h264", "snapshot.jpg"][i % 4]}`, { signal: a.signal }); const b = r.body.getReader(); const t = Date.now() + 3000; while (Date.now() < t) { const { done } = await b.read(); if (done) break; } } catch {} a.abort(); await sleep(300); } }
for (let i = 0; i < 8; i++) void publisher(`c${i}`);
for (let i = 0; i < 24; i++) void viewer(i);
for (let i = 0; i < 4; i++) void reader(i);
while (Date.now() < end) { const s = readFileSync(`/proc/${child.pid}/status`, "utf8"); const h = await (await fetch(`http://127.0.0.1:${port}/healthz`)).json(); console.log(Math.round((end - Date.now()) / 1000), "RSS", Math.round(Number(/VmRSS:\s+(\d+)/.exec(s)[1]) / 1024), "threads", /Threads:\s+(\d+)/.exec(s)[1], "streams", h.streams, "viewers", h.viewers); await sleep(15_000); }
await sleep(13_000);
console.log("after", await (await fetch(`http://127.0.0.1:${port}/healthz`)).text(), /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))[1], /Threads:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))[1]);
child.kill(); process.exit();
