// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import java.util.Optional;

/**
 * Who asks: the host and the workload on it.
 *
 * @param host the host's name, as the operator enrolled it
 * @param akName the TPM name of the host's attestation key, lower-case hex
 * @param ekDigest SHA-256 of the public endorsement key, lower-case hex; absent for a host that was
 *     enrolled without one
 * @param workload the identity the artifact is for, in SPIFFE-ID form
 */
public record Subject(String host, String akName, Optional<String> ekDigest, String workload) {
  static final Struct<Subject> STRUCT =
      Struct.<Subject>named("Subject")
          .field("ak_name", InputType.TEXT, Subject::akName)
          .optional("ek_digest", InputType.TEXT, Subject::ekDigest)
          .field("host", InputType.TEXT, Subject::host)
          .field("workload", InputType.TEXT, Subject::workload)
          .build(
              read ->
                  new Subject(
                      read.get("host", InputType.TEXT),
                      read.get("ak_name", InputType.TEXT),
                      read.optional("ek_digest", InputType.TEXT),
                      read.get("workload", InputType.TEXT)));
}
