// A prompt that no scene has, typed by a person.
import { id } from "./dom.js";
import { chosen } from "./pads.js";
import { send, toast } from "./send.js";

export function start() {
  const [form, text, fade] = [id("prompt"), id("prompt-text"), id("prompt-fade")];
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const prompt = text.value.trim();
    if (!prompt) return toast("There is no prompt yet.");
    if (await send("/api/prompt", { prompt, fade: fade.value.trim(), stream: chosen() })) text.value = "";
  });
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
}
