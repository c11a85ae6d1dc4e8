// SPDX-License-Identifier: Apache-2.0

/**
 * This host's TPM, reached through tpm2-tss: endorsement key and certificate, attestation key,
 * credential activation, PCRs, quotes, an instance key that the attestation key certifies, and a secret
 * that is sealed to the host's state.
 *
 * <p>Three layers, each of which the next one alone calls:
 *
 * <pre>
 * Esapi, Mu, Tctildr   the C functions by their C names, no logic
 * Frame, WireType      native memory and TPM handles, each given back on every path
 * Tpm                  plain Java: wire bytes in, wire bytes out
 * </pre>
 *
 * <p>No structure's layout is known here. A {@code TPM2B_}, {@code TPMT_}, {@code TPML_} or {@code
 * TPMS_} structure is an opaque block of native memory that libtss2-mu fills from the packed
 * big-endian form of TPM 2.0 Library Part 2 ("wire bytes") or turns into it; a layout that differs
 * between versions of the library cannot be got wrong.
 *
 * <p>Sealing: {@link dev.writ.tpm.SealedData} is what a file keeps, {@link dev.writ.tpm.UnsealPolicy} a
 * state in which it opens, {@link dev.writ.tpm.ApprovedPolicy} that state with the signature of the
 * {@link dev.writ.tpm.ApproverKey} on it. The object never changes when the host does: another policy is
 * signed, and the counter raised that the one before names.
 *
 * <p>Trust: the TPM behind the TCTI is this host's own and is believed. libtss2-mu is written in C and
 * must never see bytes of another host's making; the one exception is a credential to activate,
 * whose sender this host chose. Whoever verifies evidence does it in pure Java, elsewhere.
 */
@NullMarked
@CheckReturnValue
package dev.writ.tpm;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
