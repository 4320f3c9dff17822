// The tabs of the page: arrows move between them, as in every list of tabs.

const TABS = ["map", "traversals", "paths", "samples", "drawing"];

// A study whose encoders did not fit has no drawing.
const shownTabs = () => TABS.filter((tab) => tab !== "drawing" || models.every((model) => model.study.encoder));

function buildTabs() {
  for (const tab of TABS) {
    const button = element(`tab-${tab}`);
    button.hidden = !shownTabs().includes(tab);
    button.addEventListener("click", () => change({ tab }));
    button.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key], tabs = shownTabs();
      if (!step) return;
      const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
      change({ tab: next });
      element(`tab-${next}`).focus();
      event.preventDefault();
    });
  }
}

function writeTabs() {
  for (const tab of TABS) {
    const isChosen = state.tab === tab;
    element(`tab-${tab}`).setAttribute("aria-selected", isChosen);
    element(`tab-${tab}`).tabIndex = isChosen ? 0 : -1;
    element(`panel-${tab}`).hidden = !isChosen;
  }
}

const watchTabs = () => watch(["tab"], writeTabs);
