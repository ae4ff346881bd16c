/** The words of the gateway as values. Start here: {@link dev.loragateway.model.Endpoint}. */
@NullMarked
package dev.loragateway.model;

import org.jspecify.annotations.NullMarked;
