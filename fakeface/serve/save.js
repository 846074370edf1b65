// Saves the evidence page of a photo: all that can be said of it, in one file to hand on.

import { send } from "./requests.js";

const get = (id) => document.getElementById(id);

// `shown` returns the photo whose result is shown. Returns what is called when it is another one.
export function startSaving(shown) {
  let asked = new AbortController();

  function say(text, problem = false) {
    get("save-status").textContent = text;
    get("save-status").classList.toggle("problem", problem);
  }

  function forget() {
    asked.abort();
    get("save").disabled = false;
    say("");
  }

  get("save").addEventListener("click", async () => {
    const { file } = shown();
    const mine = (asked = new AbortController());
    get("save").disabled = true;
    say("Writing the page takes some seconds…");
    try {
      const { page } = await send(`api/inspect?name=${encodeURIComponent(file.name.slice(-200))}`, file, {
        signal: mine.signal,
        onProgress: () => {},
        onWait: (seconds) => say(`Many photos are waiting. Yours is sent again in ${seconds} seconds.`),
      });
      download(page, `${file.name.replace(/\.[^.]*$/, "")}.html`);
      say("The page is saved.");
    } catch (error) {
      if (mine.signal.aborted) return;
      say(error.message, true);
    }
    get("save").disabled = false;
  });
  return forget;
}

function download(text, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/html" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
