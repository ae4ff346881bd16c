package dev.loragateway.bench.routing;

/** What a gateway does with requests while every endpoint is saturated. */
interface Admission {
  /** Dispatches at once, and fails what finds every endpoint saturated. */
  Admission NONE =
      new Admission() {
        @Override
        public void arrived(Request request, Gateway gateway) {
          if (!gateway.dispatch(request)) {
            gateway.fail(request);
          }
        }

        @Override
        public void changed(Gateway gateway) {}
      };

  /**
   * Takes in a new request, and sees to it that it is dispatched or failed, now or later; {@link
   * Gateway#dispatch} says whether there was a place.
   */
  void arrived(Request request, Gateway gateway);

  /** A request ended or a scrape came in, so that there may be a place. */
  void changed(Gateway gateway);
}
