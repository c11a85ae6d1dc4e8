// SPDX-License-Identifier: Apache-2.0
/**
 * TPM evidence: what a host's TPM says, read without trust and judged without a network.
 *
 * <p><b>Promise.</b> Every parser of this package is total and bounded: it returns a value that can
 * only hold valid fields, or throws {@link dev.writ.evidence.MalformedEvidenceException}; it ends at
 * the end of its input, and what it returns marshals back to the very bytes it read. Signatures are
 * verified, and names and digests computed, over received bytes and never over re-encoded ones. Every
 * judgement is a sealed outcome whose refusals are types of their own, each with a stable {@code
 * reason()}; the accepting type of each can only be made by its verifier.
 *
 * <p><b>Trust.</b> The package believes the endorsement roots and reference values its caller gives
 * it, the caller's clock and randomness, and the Java security provider that computes the
 * primitives. It believes nothing that arrives from the host until the enrolled attestation key's
 * signature over it was verified, and of that key it demands the attributes that stop its TPM from
 * signing anything but its own statements.
 *
 * <p><b>Formats.</b> TPM structures are those of TCG <i>TPM 2.0 Library</i> Part 2, big-endian and
 * packed. Two containers are this package's own.
 *
 * <p>An evidence package, at most 2 MiB:
 *
 * <pre>
 * offset  size  field
 *      0     4  magic, "WRIT"
 *      4     2  version, 1
 *      6     2  number of sections
 *      8        sections in strictly ascending id, each
 *               u16 id, u32 length, that many bytes
 *
 * id  content                                                             presence
 *  1  TPMS_ATTEST of the quote, without a TPM2B size                      always
 *  2  TPMT_SIGNATURE over section 1                                       always
 *  3  TPML_PCR_SELECTION, u32 count, that many TPM2B_DIGEST, values of    always
 *     the selected PCRs: banks in the selection's order, lowest PCR first
 *  4  TPMT_PUBLIC of the instance key                                     4 to 6 together
 *  5  TPMS_ATTEST of that key's certification (TPM2_Certify)              or not at all
 *  6  TPMT_SIGNATURE over section 5
 *  7  boot event log, TCG PC Client (binary_bios_measurements)           where it is asked for
 *  8  part of the IMA measurement list, {@link ImaSegment}               where it is asked for
 * </pre>
 *
 * <p>Sections 1 to 6 have at most 64 KiB each, 7 and 8 at most 1 MiB each in the coding of {@link
 * dev.writ.evidence.CodedLog}, which says how long the log is that they hold: at most 1 MiB, and 11 bytes more than 4 MiB.
 *
 * <p>A package is kept, and named by its digest, with logs digested: in place of section 7 or 8 stands
 * one of id 0x107 or 0x108, the SHA-256 of its content. A host sends no such section.
 *
 * <p>A challenge:
 *
 * <pre>
 * offset  size  field
 *      0     4  magic, "WRCH"
 *      4     2  version, 1
 *      6    32  nonce
 *     38     8  end of validity, milliseconds since 1970-01-01T00:00:00Z
 *     46     8  policy epoch
 *     54     n  TPML_PCR_SELECTION, 10 to 100 bytes
 *   54+n    32  MAC of the issuing service over {@link dev.writ.evidence.Challenge#macInput}
 * </pre>
 */
@NullMarked
@CheckReturnValue
package dev.writ.evidence;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
