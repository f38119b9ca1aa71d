// What an answer looks like. Whatever comes from the API is only ever set as textContent: it cannot
// become markup.
const TEXTS = JSON.parse(document.querySelector("#texts").textContent);
const LONGEST_TITLE = 120;
const LONGEST_PREVIEW = 160;

const root = document.documentElement;
const find = (selector) => document.querySelector(selector);
const say = (key, values = {}) => fill(TEXTS[root.lang][key], values);
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
const number = (value, digits = 0) =>
  value.toLocaleString(root.lang, { minimumFractionDigits: digits, maximumFractionDigits: digits });
const percent = (share) =>
  share.toLocaleString(root.lang, { style: "percent", maximumFractionDigits: share < 0.1 ? 1 : 0 });
const chance = (score) => 1 / (1 + Math.exp(-score));

function element(name, text = "", className = "") {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

function within(name, className, ...parts) {
  const made = element(name, "", className);
  made.append(...parts);
  return made;
}

// The title of a text, if it has one, and the rest.
function parts(text) {
  const [first, ...rest] = text.split(/\n+/);
  const titled = rest.length > 0 && first.length <= LONGEST_TITLE;
  return titled ? [first, rest.join("\n\n")] : ["", text];
}

const cut = (text) =>
  text.length <= LONGEST_PREVIEW ? text : `${text.slice(0, LONGEST_PREVIEW).replace(/\s+\S*$/, "")} …`;

function body(text) {
  const preview = cut(text);
  if (preview === text) return element("p", text || say("no_text"), "text");
  const summary = element("summary", preview);
  const details = within("details", "text", summary, element("p", text));
  details.addEventListener("toggle", () => {
    summary.textContent = details.open ? say("less") : preview;
  });
  return details;
}

function likelihood(post, most) {
  const bar = element("i");
  bar.style.width = `${(100 * chance(post.score)) / most}%`;
  const meter = within("span", "meter", bar);
  meter.setAttribute("aria-hidden", "true");
  const words = element("span", say("chance", { share: percent(chance(post.score)) }), "hidden");
  const figure = element("span", percent(chance(post.score)));
  figure.setAttribute("aria-hidden", "true");
  return within("span", "chance", meter, figure, words);
}

function why(post) {
  const list = element("ul", "", "why");
  list.setAttribute("aria-label", say("why"));
  for (const { reason, text } of post.reasons) {
    const words = TEXTS[root.lang].reasons[reason];
    list.append(element("li", words ? fill(words, { topic: post.topic }) : text));
  }
  return list;
}

function card(post, most) {
  const [title, text] = parts(post.text);
  const item = within("li", "", within("div", "topic", element("span", post.topic), likelihood(post, most)));
  if (title) item.append(element("h3", title));
  item.append(body(text));
  if (post.reasons?.length) item.append(why(post));
  return item;
}

function drawFeed(name, posts, most) {
  const list = find(`#${name}`);
  list.replaceChildren(...posts.map((post) => card(post, most)));
  const likes = posts.reduce((sum, post) => sum + chance(post.score), 0);
  const values = { likes: number(likes, 2), posts: posts.length };
  list.previousElementSibling.textContent = posts.length ? say("expected", values) : say("none");
}

const fieldName = (field) => TEXTS[root.lang].fields[field] ?? field;

function readerTitle({ reader, source, newcomers }, kind) {
  if (kind && newcomers) {
    const facts = newcomers.fields.map((field, at) => `${fieldName(field).toLowerCase()} ${kind[at]}`);
    return say("newcomer_title", { facts: facts.join(", ") });
  }
  if (reader.id === null) return say("nobody_title");
  const kinds = { model: "known_reader", cold_start: "unknown_reader", fallback: "fallback_reader" };
  return say(reader.facts.length ? "known_reader" : kinds[source], { id: reader.id });
}

function readerLikes({ reader }) {
  if (!reader.facts.length) return say("nothing_known");
  if (!reader.likes) return say("no_likes");
  const topics = reader.liked_topics.map(([topic, count]) => `${topic} ${count}`).join(", ");
  return say("likes", { likes: number(reader.likes), topics: topics || "–" });
}

// Names that differ in a last number only are one vector's: `taste_0`, `taste_1`.
function gathered(facts) {
  const stems = Map.groupBy(facts, ([name]) => name.replace(/_\d+$/, ""));
  return [...stems].flatMap(([stem, group]) =>
    group.length > 1
      ? [[stem, say("numbers", { count: group.length })]]
      : [[group[0][0], group[0][1].toLocaleString(root.lang, { maximumFractionDigits: 3 })]],
  );
}

function drawReader(answer, kind) {
  const { reader, liked } = answer;
  find("#who").hidden = false;
  find("#who-title").textContent = readerTitle(answer, kind);
  find("#likes").textContent = readerLikes(answer);
  find("#who details").hidden = reader.facts.length === 0;
  const titles = liked.map(({ text, topic }) => `${parts(text)[0] || cut(text) || say("no_text")} (${topic})`);
  find("#liked-title").textContent = say(reader.lately ? "lately" : "liked");
  find("#liked").replaceChildren(...titles.map((title) => element("li", title)));
  find("#liked").parentElement.hidden = liked.length === 0;
  find("#facts").replaceChildren(
    ...gathered(reader.facts).map(([name, value]) => within("div", "", element("dt", name), element("dd", value))),
  );
}

function drawArms({ arms, experiment }, selected) {
  find("#arms").hidden = arms.length < 2;
  find("#arms label").textContent = say("arm", { experiment });
  const options = arms.map(({ name, share }) => new Option(say("arm_of", { name, share: percent(share) }), name));
  find("#arm").replaceChildren(new Option(say("own"), ""), ...options);
  find("#arm").value = selected;
}

function chooser(field) {
  const label = element("label");
  const select = element("select");
  label.htmlFor = select.id = `newcomer-${field}`;
  return within("div", "field", label, select);
}

// What can be told of a new reader. The same elements as long as they can be, for one may have the focus.
function drawNewcomers({ newcomers }, kind) {
  const place = find("#newcomer");
  place.hidden = !newcomers;
  if (!newcomers) return;
  const { fields, kinds } = newcomers;
  if (place.dataset.fields !== String(fields)) place.replaceChildren(...fields.map(chooser));
  place.dataset.fields = fields;
  for (const [at, field] of fields.entries()) {
    const [label, select] = place.children[at].children;
    const values = [...new Set(kinds.map((each) => each[at]))];
    values.sort((one, other) => one.localeCompare(other, root.lang, { numeric: true }));
    label.textContent = fieldName(field);
    select.replaceChildren(new Option(say("open"), ""), ...values.map((value) => new Option(value)));
    select.value = kind?.[at] ?? "";
  }
}

// Of the kinds with this value the one that is most like the one before; none if it is left open.
function kindWith(kinds, before, at, value) {
  const alike = (kind) => kind.filter((each, place) => each === before?.[place]).length;
  const having = kinds.filter((kind) => kind[at] === value);
  return having.reduce((best, kind) => (best && alike(best) >= alike(kind) ? best : kind), null);
}
