// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.policy.MalformedPolicyException;
import dev.writ.policy.PolicyDocument;

/** What lies beside the leaf of a policy, for ever: {@link Genesis} puts it there. */
final class KeptPolicy {
  private KeptPolicy() {}

  /** The document in it, whoever put it there. */
  static PolicyDocument document(byte[] payload) throws MalformedPolicyException {
    return PolicyDocument.parse(payload);
  }
}
