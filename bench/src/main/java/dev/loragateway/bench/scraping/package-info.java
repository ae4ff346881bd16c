/**
 * What it costs the gateway to scrape many servers. Start here: {@code ScrapingCommand}, then
 * {@code ScrapedGateway}.
 */
@NullMarked
package dev.loragateway.bench.scraping;

import org.jspecify.annotations.NullMarked;
