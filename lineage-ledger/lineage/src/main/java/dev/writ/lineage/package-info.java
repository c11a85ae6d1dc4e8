// SPDX-License-Identifier: Apache-2.0
/** The lineage graph of a log. */
@NullMarked
@CheckReturnValue
package dev.writ.lineage;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
