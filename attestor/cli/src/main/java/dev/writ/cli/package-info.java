// SPDX-License-Identifier: Apache-2.0
/**
 * The command {@code writ}: one class per subcommand, which reads options, calls one room and says
 * what came.
 *
 * <p>Data goes to standard output and messages to standard error, as text or, with {@code -o json},
 * as one JSON document. The exit status is one of {@link dev.writ.cli.ExitStatus}. No subcommand
 * takes a secret as an argument: PINs come from files, or from the TPM that sealed them.
 */
@NullMarked
@CheckReturnValue
package dev.writ.cli;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
