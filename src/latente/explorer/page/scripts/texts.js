// The sentences of the page in the language of the reader.

const LANGUAGES = Object.keys(meta.texts);

// The first language of the browser that the page has; otherwise English.
function browserLanguage() {
  const wanted = (navigator.languages || [navigator.language]).map((name) => name.slice(0, 2));
  return wanted.find((name) => LANGUAGES.includes(name)) || "en";
}

// A sentence, with values for its {names}.
function text(key, values = {}) {
  return meta.texts[state.language][key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

// A claim, its verdict or the name of its number. A study can have claims without a translation: they stay English.
const translated = (english) => meta.texts[state.language].names[english] || english;

const formats = new Map();

function number(value, digits = 0) {
  const key = `${state.language} ${digits}`;
  if (!formats.has(key)) {
    const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
    formats.set(key, new Intl.NumberFormat(state.language, options));
  }
  return formats.get(key).format(value).replace("-", "−");
}

const percent = (share, digits = 0) => `${number(100 * share, digits)}\u00a0%`;

const className = (value) => meta.data.classes[value];

// Write the sentences into the elements that name them.
function writeTexts() {
  document.documentElement.lang = state.language;
  document.title = text("title");
  const values = { nouns: meta.data.nouns, title: meta.data.title, images: number(imageCount) };
  for (const item of document.querySelectorAll("[data-text]")) item.textContent = text(item.dataset.text, values);
  for (const item of document.querySelectorAll("[data-label]"))
    item.setAttribute("aria-label", text(item.dataset.label, { ...values, ...item.dataset }));
}
