// SPDX-License-Identifier: Apache-2.0
package dev.writ.tpm;

import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;

/** An operator who approves states of hosts. */
record Approver(KeyPair pair) {
  static Approver create() throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    return new Approver(generator.generateKeyPair());
  }

  ApproverKey key() {
    return ApproverKey.of((ECPublicKey) pair.getPublic());
  }

  ApprovedPolicy approve(SealedData data, UnsealPolicy policy) throws GeneralSecurityException {
    Signature signature = Signature.getInstance("SHA256withECDSAinP1363Format");
    signature.initSign(pair.getPrivate());
    signature.update(data.statement(policy));
    return new ApprovedPolicy(policy, signature.sign());
  }
}
