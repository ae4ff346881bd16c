/**
 * The wire formats of OpenAI-compatible servers, read without a JSON tree where it matters. Start
 * here: {@link dev.loragateway.openai.RequestPeek}.
 */
@NullMarked
package dev.loragateway.openai;

import org.jspecify.annotations.NullMarked;
