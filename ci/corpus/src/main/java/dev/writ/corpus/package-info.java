// SPDX-License-Identifier: Apache-2.0
/**
 * Evidence and requests that must be refused, generated and tried: the numbered corpus.
 *
 * <p>Each number is a {@link dev.writ.corpus.NegativeCase} in the file of its group. A case makes its
 * evidence from the TCG's specification, with keys in software and without the code under test; has it
 * judged as a service would, through the public API of the verifier's rooms or over HTTP; and names the
 * one reason for which each variant must be refused. Beside what is wrong it tries what is right: a
 * verifier that refuses everything fails, too.
 *
 * <p>A line to each number, and at the end the sums:
 *
 * <pre>
 * NN  LEVELS  REASONS  ok|FAILED|skipped  TITLE (DETAIL)
 * N passed, N failed, N skipped
 * </pre>
 *
 * <p>An exception is a failure: verifiers are total.
 */
@NullMarked
@CheckReturnValue
package dev.writ.corpus;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
