/** The configuration file. Start here: {@code ConfigLoader}. */
@NullMarked
package dev.loragateway.config;

import org.jspecify.annotations.NullMarked;
