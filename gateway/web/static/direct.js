// A page that follows its queue: one stream of events that comes back by itself, and a word when it is not there.
// The version a list shows (data-vu) is compared with the one the stream announces: nothing is missed in between.
"use strict";
(() => {
  const FIRST = 1000, LONGEST = 60000; // milliseconds before the stream is opened again: twice as many each time
  const PACE = 2000; // between two updates of a page
  const SILENCES = 3, UNANSWERED = 30000; // beats missed, or milliseconds without an answer: the stream is dead

  function tell(name) {
    const place = document.getElementById("direct");
    if (!place || (place.dataset.said ?? "") === name) return;
    const words = name ? document.getElementById(`direct-${name}`) : null;
    place.dataset.said = name;
    place.replaceChildren(...(words ? [words.content.cloneNode(true)] : []));
  }

  const list = () => document.querySelector("[data-vu]");
  const shown = () => Number(list()?.dataset.vu ?? -1);

  // What the sse extension takes for an EventSource; its listeners stay while streams come and go under it.
  class Stream extends EventTarget {
    #address; #source = null; #over = false;
    #failures = 0; #pulses = 0; #announced = -1; #patience = UNANSWERED;
    #again = 0; #watch = 0; #rest = 0; #waiting = false;

    constructor(address) {
      super();
      this.#address = address;
      this.#open();
    }

    close() {
      this.#over = true;
      this.#drop();
    }

    // A stream, or the list it asked for, did not answer. The first time is quiet: a stream has an end, servers restart.
    lost() {
      if (this.#over || this.#again) return;
      this.#drop();
      this.#failures += 1;
      if (this.#failures > 1) tell("reprise");
      const most = Math.min(LONGEST, FIRST * 2 ** (this.#failures - 1));
      this.#again = setTimeout(() => this.#open(), most * (0.5 + Math.random() / 2));
    }

    // The network is back: no need to wait for the end of the pause.
    hurry() {
      if (!this.#over && this.#again) this.#open();
    }

    // What is shown is what is, and the word goes; or another change came meanwhile, and the list is asked again.
    compare() {
      if (this.#over || !this.#source || !this.#pulses) return;
      if (this.#announced > shown()) this.#update();
      else tell("");
    }

    #open() {
      this.#drop();
      const address = new URL(this.#address, location.href);
      if (list()) address.searchParams.set("vu", shown());
      const source = new EventSource(address);
      this.#source = source;
      this.#pulses = 0;
      this.#listen(UNANSWERED);
      source.onerror = () => this.lost();
      source.addEventListener("pouls", (event) => this.#beat(Number(event.data), Number(event.lastEventId)));
      source.addEventListener("file", (event) => {
        this.#announced = Number(event.lastEventId);
        this.#listen(this.#patience);
        this.#update();
      });
      source.addEventListener("fin", (event) => { this.close(); tell(event.data); });
    }

    #drop() {
      clearTimeout(this.#again);
      clearTimeout(this.#watch);
      this.#again = this.#watch = 0;
      this.#source?.close();
      this.#source = null;
    }

    #beat(seconds, version) {
      this.#pulses += 1;
      if (this.#pulses > 1) this.#failures = 0; // it lives; one that ends at once is asked again later and later
      if (version === shown()) tell("");
      this.#patience = Math.max(1000, SILENCES * 1000 * seconds);
      this.#listen(this.#patience);
    }

    #listen(patience) {
      clearTimeout(this.#watch);
      this.#watch = setTimeout(() => this.lost(), patience);
    }

    #update() {
      if (this.#rest) { this.#waiting = true; return; }
      this.#rest = setTimeout(() => {
        this.#rest = 0;
        if (this.#waiting && !this.#over) { this.#waiting = false; this.#update(); }
      }, PACE);
      this.dispatchEvent(new MessageEvent("file", { data: "changed" }));
    }
  }

  let stream = null;
  htmx.createEventSource = (address) => {
    stream?.close();
    stream = new Stream(address);
    return stream;
  };

  addEventListener("online", () => stream?.hurry());
  document.addEventListener("htmx:afterSettle", () => stream?.compare());
  for (const failure of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
    document.addEventListener(failure, (event) => { if (event.detail.elt === list()) stream?.lost(); });
  }
})();
