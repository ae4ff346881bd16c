/** Who may use which models, and how much. Start here: {@code Access}. */
@NullMarked
package dev.loragateway.access;

import org.jspecify.annotations.NullMarked;
