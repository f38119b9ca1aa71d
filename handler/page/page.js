// What is asked and when. What was chosen stays in the address behind the #, which no browser sends.
const SLOW_MILLISECONDS = 1000;

const form = find("form");
const preferred = root.lang;
const prefersDark = matchMedia("(prefers-color-scheme: dark)");
let chosen = new URLSearchParams();
let shown = null;
let newcomers = null;
let asked = null;

// All words that stand there without an answer.
function label() {
  for (const part of document.querySelectorAll("[data-text]")) part.textContent = say(part.dataset.text);
  for (const part of document.querySelectorAll("[data-label]")) part.ariaLabel = say(part.dataset.label);
  find("#language").textContent = say("other");
  find("#language").lang = otherLanguage();
  find("#theme").textContent = say(isDark() ? "light" : "dark");
}

function draw() {
  label();
  if (!shown) return;
  const { answer, milliseconds } = shown;
  const all = [...answer.recommended, ...answer.random];
  const most = Math.max(...all.map((post) => chance(post.score)));
  drawReader(answer, kindChosen());
  drawNewcomers(answer, kindChosen());
  drawArms(answer, chosen.get("arm") ?? "");
  drawFeed("recommended", answer.recommended, most);
  drawFeed("random", answer.random, most);
  const { release, arm, milliseconds: own } = answer;
  find("#status").textContent = say("answered", { release, arm, own: number(own, 1), all: number(milliseconds) });
}

const kindChosen = () =>
  newcomers?.kinds.find((kind) => kind.join("/") === chosen.get("newcomer")) ?? null;
const isNew = () => chosen.has("nobody") || chosen.has("newcomer");

// What was chosen, into the form.
function fillForm(answer = null) {
  const id = answer?.reader.id ?? chosen.get("id") ?? "";
  form.elements.nobody.checked = isNew();
  form.elements.id.value = id;
  form.elements.id.disabled = isNew();
  form.elements.time.value = (answer?.time ?? chosen.get("time") ?? "").slice(0, 16);
  form.elements.limit.value = chosen.get("limit") ?? 5;
  for (const side of ["before", "after"]) {
    const other = answer?.reader[side] ?? null;
    find(`#${side}`).disabled = other === null || isNew();
    find(`#${side}`).value = other ?? "";
  }
}

function keep(changes) {
  for (const [name, value] of Object.entries(changes)) {
    if (value === "" || value === null || value === false) chosen.delete(name);
    else chosen.set(name, value);
  }
  history.replaceState(null, "", `#${chosen}`);
}

function query() {
  const made = new URLSearchParams();
  for (const name of ["id", "nobody", "newcomer", "time", "limit", "arm"]) {
    if (chosen.has(name)) made.set(name, chosen.get(name));
  }
  return made;
}

function show(problem, detail) {
  find("#found").hidden = problem !== "";
  find("#problem").hidden = problem === "";
  if (!problem) return;
  shown = null;
  find("#status").textContent = "";
  find("#sentence").dataset.text = problem;
  find("#detail").textContent = detail;
  label();
}

async function ask() {
  asked?.abort();
  const mine = (asked = new AbortController());
  find("#found").ariaBusy = "true";
  find("#status").textContent = say("asking");
  const slow = setTimeout(() => { find("#status").textContent = say("slow"); }, SLOW_MILLISECONDS);
  const began = performance.now();
  try {
    // Relative, so that it works under a stage's path.
    const response = await fetch(`page/feeds?${query()}`, { signal: mine.signal });
    const answer = await response.json();
    // Its experiment has ended, or the release is another one.
    if (response.status === 422 && (chosen.has("arm") || chosen.has("newcomer"))) {
      keep({ arm: "", newcomer: "" });
      return ask();
    }
    if (!response.ok) return show(response.status === 503 ? "down" : "refused", answer.detail ?? "");
    newcomers = answer.newcomers;
    shown = { answer, milliseconds: performance.now() - began };
    keep({ id: answer.reader.id ?? chosen.get("id") ?? "", time: answer.time });
    fillForm(answer);
    show("", "");
    draw();
  } catch (error) {
    if (!mine.signal.aborted) show("down", "");
  } finally {
    clearTimeout(slow);
    if (asked === mine) find("#found").ariaBusy = "false";
  }
}

function submit(event) {
  event?.preventDefault();
  if (!form.reportValidity()) return;
  const { id, nobody, time, limit, arm } = form.elements;
  const changes = { nobody: nobody.checked && "true", time: time.value, limit: limit.value, arm: arm.value };
  keep(nobody.checked ? changes : { ...changes, id: id.value, newcomer: "" });
  ask();
}

const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : prefersDark.matches);
const otherLanguage = () => Object.keys(TEXTS).find((language) => language !== root.lang);

function adopt() {
  chosen = new URLSearchParams(location.hash.slice(1));
  root.lang = Object.hasOwn(TEXTS, chosen.get("lang")) ? chosen.get("lang") : preferred;
  root.dataset.theme = ["light", "dark"].includes(chosen.get("theme")) ? chosen.get("theme") : "";
  fillForm();
  draw();
  ask();
}

// Before the form hears of it.
find("#newcomer").addEventListener("change", ({ target }) => {
  const at = [...find("#newcomer").children].indexOf(target.parentElement);
  const kind = kindWith(newcomers.kinds, kindChosen(), at, target.value);
  keep({ newcomer: kind ? kind.join("/") : "" });
});
form.addEventListener("submit", submit);
form.addEventListener("change", submit);
find("#retry").addEventListener("click", ask);
for (const side of ["before", "after"]) {
  find(`#${side}`).addEventListener("click", (event) => {
    form.elements.id.value = event.currentTarget.value;
    submit();
  });
}
find("#language").addEventListener("click", () => {
  root.lang = otherLanguage();
  keep({ lang: root.lang });
  draw();
});
find("#theme").addEventListener("click", () => {
  root.dataset.theme = isDark() ? "light" : "dark";
  keep({ theme: root.dataset.theme });
  label();
});
prefersDark.addEventListener("change", label);
addEventListener("hashchange", adopt);
adopt();
