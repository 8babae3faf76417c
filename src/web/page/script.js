(() => {
  const main = document.querySelector("main"), live = document.querySelector("#live");
  const button = document.createElement("button");
  let paused = false;
  const places = () => [...main.querySelectorAll("a,summary")];
  const tell = (text, isBad) => {
    live.className = isBad ? "lost" : "";
    if (live.textContent !== text) live.textContent = text;
  };
  const show = (page) => {
    const fresh = page.querySelector("main"), focus = places().indexOf(document.activeElement);
    for (const part of main.querySelectorAll("details[open]")) fresh.querySelector("#" + part.id)?.setAttribute("open", "");
    main.replaceChildren(...fresh.childNodes);
    places()[focus]?.focus({ preventScroll: true });
    document.querySelector("link[rel=icon]").href = page.querySelector("link[rel=icon]").href;
    const isNews = page.title !== document.title;
    document.title = page.title;
    if (isNews) tell("Now: " + page.title, false);
  };
  const update = async () => {
    if (paused || document.hidden || !getSelection().isCollapsed) return;
    try {
      const answer = await fetch(location.href, { cache: "no-store" });
      if (!answer.ok) throw answer.status;
      show(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch {
      document.title = "? " + document.title.replace(/^\? /, "");
      tell("ssowatch does not answer. This page shows how things stood at " + main.querySelector("#now").textContent + ".", true);
    }
  };
  const label = () => { button.textContent = paused ? "Resume updates" : "Pause updates"; };
  button.type = "button";
  button.onclick = () => { paused = !paused; label(); update(); };
  label();
  document.querySelector("footer").append(button);
  setInterval(update, 30000);
  document.addEventListener("visibilitychange", update);
})();
