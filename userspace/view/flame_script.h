// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace culprit {

/// What a flame graph looks like and how it answers to clicks and keys, within a browser.
inline constexpr std::string_view kFlameStyle = R"css(
  svg { background: #fbfaf7; }
  text { fill: #222; }
  #frames g { cursor: pointer; }
  #frames rect { stroke: #fbfaf7; stroke-width: 0.5; }
  #frames text { pointer-events: none; }
  #frames g:hover rect { stroke: #222; stroke-width: 1; }
  #frames g.outer { opacity: 0.55; }
  #frames g.hit rect { fill: #d6248b !important; }
  #frames g.hit text { fill: #fff; }
  #search { font: 12px monospace; width: 100%; box-sizing: border-box; }
  #reset { cursor: pointer; text-decoration: underline; visibility: hidden; }
)css";

inline constexpr std::string_view kFlameScript = R"js(
window.addEventListener("load", function () {
  "use strict";
  const WIDTH = 1200, LETTER = 7.3, LEAST = 0.2;
  const one = id => document.getElementById(id);
  const number = (element, name) => parseFloat(element.getAttribute(name));
  const frames = Array.from(document.querySelectorAll("#frames > g"), group => {
    const rect = group.querySelector("rect"), told = group.querySelector("title").textContent;
    return { group, rect, text: group.querySelector("text"), told, name: told.split("\n")[0],
             x: number(rect, "x"), y: number(rect, "y"), width: number(rect, "width") };
  });

  function label(frame, x, width) {
    const letters = Math.floor((width - 6) / LETTER);
    if (letters < 3) {
      if (frame.text) frame.text.textContent = "";
      return;
    }
    if (!frame.text) {
      frame.text = document.createElementNS("http://www.w3.org/2000/svg", "text");
      frame.text.setAttribute("y", frame.y + 12);
      frame.group.appendChild(frame.text);
    }
    frame.text.setAttribute("x", x + 3);
    const name = frame.name;
    frame.text.textContent = name.length <= letters ? name : name.slice(0, letters - 1) + "\u2026";
  }

  function zoom(to) {
    const scale = WIDTH / to.width, slack = 0.01;
    for (const frame of frames) {
      const outer = frame.y < to.y && frame.x <= to.x + slack &&
                    frame.x + frame.width >= to.x + to.width - slack;
      const inner = frame.y >= to.y && frame.x >= to.x - slack &&
                    frame.x + frame.width <= to.x + to.width + slack;
      const width = outer ? WIDTH : frame.width * scale;
      frame.group.style.display = outer || (inner && width >= LEAST) ? "" : "none";
      frame.group.classList.toggle("outer", outer);
      if (!outer && !inner) continue;
      const x = outer ? 0 : Math.max(0, (frame.x - to.x) * scale);
      frame.rect.setAttribute("x", x);
      frame.rect.setAttribute("width", width);
      label(frame, x, width);
    }
    one("reset").style.visibility = to === whole ? "hidden" : "visible";
  }

  function search(words) {
    let pattern = null;
    try { pattern = words ? new RegExp(words, "i") : null; } catch (error) { pattern = null; }
    let sum = 0, end = 0, count = 0;
    const hits = frames.filter(frame => {
      const hit = pattern !== null && pattern.test(frame.told.split("\n").slice(0, 2).join(" "));
      frame.group.classList.toggle("hit", hit);
      return hit;
    });
    hits.sort((a, b) => a.x - b.x || b.width - a.width);
    for (const hit of hits) {
      count++;
      const right = hit.x + hit.width;
      if (right > end) sum += right - Math.max(hit.x, end);
      end = Math.max(end, right);
    }
    one("found").textContent = pattern === null ? (words ? "no such pattern" : "")
        : count + " frames, " + (100 * sum / WIDTH).toFixed(1) + " %";
  }

  const whole = frames[0] || { x: 0, y: 0, width: WIDTH };
  for (const frame of frames) {
    frame.group.addEventListener("click", () => zoom(frame));
    frame.group.addEventListener("mouseenter", () => {
      one("detail").textContent = frame.told.split("\n").filter(Boolean).join("   ");
    });
    frame.group.addEventListener("mouseleave", () => { one("detail").textContent = ""; });
  }
  one("reset").addEventListener("click", () => zoom(whole));
  one("search").addEventListener("input", event => search(event.target.value));
  window.addEventListener("keydown", event => {
    if (event.key === "Escape") zoom(whole);
    if (event.key === "/" && document.activeElement !== one("search")) {
      event.preventDefault();
      one("search").focus();
    }
  });
});
)js";

}  // namespace culprit
