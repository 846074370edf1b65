// Asks the server; waits politely while it is busy.

const ATTEMPTS = 10;
const SILENT = "The server does not answer. Is it still running?";
const STRANGE = { error: "The server does not answer as it should." };

// Returns the answer, or throws an Error whose message can be shown. `onWait` is told the seconds of every wait.
export function ask(path, { onWait, signal } = {}) {
  return insist(onWait, signal, async () => {
    const response = await fetch(path, { signal }).catch((error) => {
      throw error.name === "AbortError" ? error : new Error(SILENT);
    });
    const answer = await response.json().catch(() => STRANGE);
    return { status: response.status, wait: response.headers.get("Retry-After"), answer };
  });
}

// Sends a file, like `ask`. `onProgress` is told which share of it has left.
export function send(path, file, { onWait, onProgress, signal }) {
  return insist(onWait, signal, () => post(path, file, onProgress, signal));
}

export function sentence(text) {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

async function insist(onWait, signal, attempt) {
  for (let attempts = 1; ; attempts++) {
    const { status, wait, answer } = await attempt();
    if (status === 200) return answer;
    if (status !== 503 || attempts === ATTEMPTS) throw new Error(sentence(answer.error));
    const seconds = Number(wait) || 2;
    onWait?.(seconds);
    // Not all of those who wait shall come back at the same moment.
    await sleep(seconds * (1 + Math.random() / 2), signal);
  }
}

// fetch does not tell how much of a body has left.
function post(path, file, onProgress, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", path);
    request.responseType = "json";
    request.setRequestHeader("Content-Type", file.type || "application/octet-stream");
    request.upload.addEventListener("progress", (event) => onProgress(event.loaded / event.total));
    request.addEventListener("load", () => {
      const wait = request.getResponseHeader("Retry-After");
      resolve({ status: request.status, wait, answer: request.response ?? STRANGE });
    });
    request.addEventListener("error", () => reject(new Error(SILENT)));
    request.addEventListener("abort", () => reject(signal.reason));
    signal.throwIfAborted();
    signal.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}

function sleep(seconds, signal) {
  return new Promise((resolve, reject) => {
    setTimeout(resolve, seconds * 1000);
    signal?.addEventListener("abort", () => reject(signal.reason));
  });
}
