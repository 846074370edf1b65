// Asks the server; waits politely while it is busy.

const ATTEMPTS = 10;

const sleep = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

// Returns the answer, or throws an Error whose message can be shown. `onWait` is told the seconds of every wait.
export async function ask(path, { onWait, ...options } = {}) {
  for (let attempt = 1; ; attempt++) {
    let response;
    try {
      response = await fetch(path, options);
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Error("The server does not answer. Is it still running?");
    }
    const answer = await response.json().catch(() => ({ error: "The server does not answer as it should." }));
    if (response.ok) return answer;
    if (response.status !== 503 || attempt === ATTEMPTS) throw new Error(sentence(answer.error));
    const wait = Number(response.headers.get("Retry-After")) || 2;
    onWait?.(wait);
    // Not all of those who wait shall come back at the same moment.
    await sleep(wait * (1 + Math.random() / 2));
  }
}

export function sentence(text) {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
