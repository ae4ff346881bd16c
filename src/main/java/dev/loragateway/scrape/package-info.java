/** Asks the model servers how they fare. Start here: {@code EndpointScraper}. */
@NullMarked
package dev.loragateway.scrape;

import org.jspecify.annotations.NullMarked;
