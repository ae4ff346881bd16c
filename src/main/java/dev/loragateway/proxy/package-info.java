/**
 * The path of a request from the client to a model server and back. Start here: {@code
 * DownstreamHandler}.
 */
@NullMarked
package dev.loragateway.proxy;

import org.jspecify.annotations.NullMarked;
