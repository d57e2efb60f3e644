// What makes the pages livelier; everything works without it.
"use strict";

// --- countdowns ------------------------------------------------------------------------------------------------------
const german = document.documentElement.lang === "de";

function left(seconds) {
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 1440) return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
  const hours = Math.ceil(minutes / 60), days = Math.floor(hours / 24);
  return `${days} ${german ? (days === 1 ? "Tag" : "Tage") : days === 1 ? "day" : "days"} ${hours % 24} h`;
}

function countDown() {
  for (const time of document.querySelectorAll("[data-countdown]")) {
    const seconds = Math.ceil((Date.parse(time.dateTime) - Date.now()) / 1000);
    time.textContent = seconds > 0 ? (german ? `noch ${left(seconds)}` : `${left(seconds)} left`) : german ? "abgekühlt" : "cooled";
  }
}
setInterval(countDown, 1000);

// --- arrivals --------------------------------------------------------------------------------------------------------
async function renew() {
  const answer = await fetch(location.href, { headers: { accept: "text/html" } });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("live");
  const old = document.getElementById("live");
  if (!fresh || !old || fresh.innerHTML === old.innerHTML) return;
  const focused = document.activeElement?.getAttribute("href");
  old.replaceWith(fresh);
  if (focused) document.querySelector(`#live a[href="${CSS.escape(focused)}"]`)?.focus();
  countDown();
}
if (document.body.hasAttribute("data-live")) {
  new EventSource("/events").addEventListener("changed", renew);
}

// --- the editor: judged while one types, after a pause ---------------------------------------------------------------
const editor = document.querySelector("[data-editor]");
if (editor) {
  const form = editor.form, paper = editor.closest(".paper"), under = document.querySelector("[data-under]");
  const verdict = document.querySelector("[data-verdict]");
  let pause = 0, asked = 0;
  document.body.classList.add("live-editor");
  document.querySelector("[data-hot]")?.remove();

  const paint = (hot) => {
    const text = editor.value;
    under.replaceChildren();
    let at = 0;
    for (const passage of hot) {
      const found = text.indexOf(passage, at);
      if (found < 0) continue;
      under.append(text.slice(at, found));
      const mark = document.createElement("mark");
      mark.textContent = passage;
      under.append(mark);
      at = found + passage.length;
    }
    under.append(text.slice(at) + "\n");
    under.scrollTop = editor.scrollTop;
  };
  const judge = async () => {
    const mine = ++asked;
    const body = new URLSearchParams({ token: form.elements.token.value, subject: form.elements.subject.value, text: editor.value });
    const answer = await fetch("/judge", { method: "POST", body });
    if (!answer.ok || mine !== asked) return;
    const found = await answer.json();
    paint(found.hot);
    const word = document.createElement("span");
    word.className = `heat heat-${found.level}`;
    word.textContent = found.word;
    verdict.replaceChildren(word, ` ${found.signals.join(" · ")}`);
    verdict.dataset.judged = editor.value.length;
  };
  editor.addEventListener("input", () => {
    paint([]);
    clearTimeout(pause);
    pause = setTimeout(judge, 350);
  });
  editor.addEventListener("scroll", () => { under.scrollTop = editor.scrollTop; });
  new ResizeObserver(() => { under.style.height = `${editor.offsetHeight}px`; }).observe(editor);
  judge();

  let saved = editor.defaultValue;
  form.addEventListener("submit", () => { saved = editor.value; });
  addEventListener("beforeunload", (leaving) => { if (editor.value !== saved) leaving.preventDefault(); });
}

// --- keys: j and k through the rows ----------------------------------------------------------------------------------
addEventListener("keydown", (key) => {
  if (key.ctrlKey || key.metaKey || key.altKey || key.target.closest("input, textarea, select")) return;
  const rows = [...document.querySelectorAll("a.row")], at = rows.indexOf(document.activeElement);
  if (key.key === "j") rows[Math.min(at + 1, rows.length - 1)]?.focus();
  if (key.key === "k") rows[Math.max(at - 1, 0)]?.focus();
});
