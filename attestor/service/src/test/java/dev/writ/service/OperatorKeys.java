// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.KeyQuorum;
import dev.writ.artifact.Operation;
import dev.writ.artifact.OperationApproval;
import dev.writ.artifact.OperatorSignature;
import dev.writ.artifact.PolicyEnvelope;
import dev.writ.artifact.TrustFile;
import dev.writ.artifact.VerificationKey;
import dev.writ.tlog.Hash;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** Keys of operators, each as its person would hold it. */
final class OperatorKeys {
  private final int threshold;
  private final List<KeyPair> pairs;

  OperatorKeys(int threshold, int keys) {
    this.threshold = threshold;
    this.pairs = IntStream.range(0, keys).mapToObj(i -> SoftwareHost.newKeyPair()).toList();
  }

  KeyQuorum quorum() {
    return new KeyQuorum(threshold, pairs.stream().map(OperatorKeys::key).toList());
  }

  Hash kid(int operator) {
    return key(pairs.get(operator)).kid();
  }

  private static VerificationKey key(KeyPair pair) {
    return VerificationKey.of((ECPublicKey) pair.getPublic());
  }

  /** What an operator sends who approves, or signs as the proposer, what he was shown. */
  byte[] approval(int operator, Proposal shown) {
    Operation operation = shown.operation();
    return new OperationApproval(
            operation.digest(),
            sign(operator, operation.signingInput()),
            shown.trust().map(file -> sign(operator, file.content().signingInput())))
        .toJson();
  }

  TrustFile signed(TrustFile file, int... operators) {
    TrustFile signed = file;
    for (int operator : operators) {
      signed = signed.with(sign(operator, file.content().signingInput()));
    }
    return signed;
  }

  OperatorSignature sign(int operator, byte[] input) {
    return new OperatorSignature(
        kid(operator), sign(operator, input, "SHA256withECDSAinP1363Format"), Optional.empty());
  }

  /** The envelope with this one's signature. */
  PolicyEnvelope sign(int operator, PolicyEnvelope envelope) {
    return envelope.with(kid(operator), sign(operator, envelope.signingInput(), "SHA256withECDSA"));
  }

  private byte[] sign(int operator, byte[] input, String algorithm) {
    try {
      Signature signature = Signature.getInstance(algorithm);
      signature.initSign(pairs.get(operator).getPrivate());
      signature.update(input);
      return signature.sign();
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }
}
