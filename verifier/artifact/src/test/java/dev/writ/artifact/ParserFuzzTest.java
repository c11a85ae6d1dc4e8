// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.Arrays;
import java.util.Map;

/** Each parser is total: of any bytes it makes its value or its one exception, and nothing else. */
class ParserFuzzTest {
  @FuzzTest
  void request(byte[] input) {
    try {
      ExecutionRequest request = ExecutionRequest.parse(input);
      requireSame(request, ExecutionRequest.parse(request.jcs()));
    } catch (MalformedRequestException e) {
      requireMessage(e);
    }
  }

  @FuzzTest
  void execBinding(byte[] input) {
    try {
      ExecBinding binding = ExecBinding.parse(input);
      requireSame(binding, ExecBinding.parse(binding.jcs()));
      requireSame(binding.digest(), binding.act(Act.UNCOUNTED).argsDigest());
    } catch (MalformedExecBindingException e) {
      requireMessage(e);
    }
  }

  @FuzzTest
  void claims(byte[] input) {
    try {
      ArtifactClaims claims = ArtifactClaims.parse(input);
      requireSame(claims, ArtifactClaims.parse(claims.toJson()));
    } catch (MalformedArtifactException e) {
      requireMessage(e);
    }
  }

  @FuzzTest
  void artifact(FuzzedDataProvider input) {
    String compact = input.consumeRemainingAsString();
    try {
      requireSame(compact, Artifact.parse(compact).compact());
    } catch (MalformedArtifactException e) {
      requireMessage(e);
    }
  }

  @FuzzTest
  void attestationResult(FuzzedDataProvider input) {
    String compact = input.consumeRemainingAsString();
    try {
      AttestationResult result = AttestationResult.parse(compact);
      requireSame(compact, result.compact());
      byte[] again = AttestationResult.signingInput(result.kid(), result.claims());
      requireSame(result.claims(), AttestationResult.assemble(again, new byte[64]).claims());
    } catch (MalformedAttestationResultException e) {
      requireMessage(e);
    }
  }

  /** The claims alone, past base64url and signature. */
  @FuzzTest
  void ear(byte[] input) {
    try {
      Ear ear = Ear.parse(input);
      requireSame(ear, Ear.parse(ear.toJson()));
    } catch (MalformedAttestationResultException e) {
      requireMessage(e);
    }
  }

  @FuzzTest
  void statusToken(FuzzedDataProvider input) {
    String compact = input.consumeRemainingAsString();
    try {
      StatusToken token = StatusToken.parse(compact);
      requireSame(compact, token.compact());
      byte[] again = StatusToken.signingInput(token.kid(), token.claims());
      requireSame(token.claims(), StatusToken.assemble(again, new byte[64]).claims());
    } catch (MalformedStatusTokenException e) {
      requireMessage(e);
    }
  }

  /** The claims alone, past base64url and signature: the list's compression is reached. */
  @FuzzTest
  void statusClaims(byte[] input) {
    try {
      StatusClaims claims = StatusClaims.parse(input);
      requireSame(claims, StatusClaims.parse(Jcs.canonical(claims.toMap())));
    } catch (MalformedJsonException e) {
      requireMessage(e);
    } catch (InvalidValueException e) {
      requireMessage(new MalformedStatusTokenException(e));
    }
  }

  /** A list's compressed bytes: of any, a list or a refusal, and never more than 16 KiB. */
  @FuzzTest
  void statusList(byte[] input) {
    try {
      byte[] json = Jcs.canonical(Map.of("bits", 1, "lst", Base64Url.encode(input)));
      StatusList list = StatusList.take(StrictJson.parse(json, 1 << 24));
      if (list.size() > StatusList.MAX_SIZE || list.size() < 8) {
        throw new AssertionError("a list must have 8 to 2^17 entries, has " + list.size());
      }
    } catch (MalformedJsonException e) {
      requireMessage(e);
    }
  }

  @FuzzTest
  void outcome(FuzzedDataProvider input) {
    String compact = input.consumeRemainingAsString();
    try {
      OutcomeStatement outcome = OutcomeStatement.parse(compact);
      requireSame(compact, outcome.compact());
      byte[] again = OutcomeStatement.signingInput(outcome.signer(), outcome.claims());
      OutcomeStatement second = OutcomeStatement.assemble(again, new byte[64]);
      requireSame(outcome.claims(), second.claims());
      requireSame(outcome.signer().kid(), second.signer().kid());
    } catch (MalformedOutcomeException e) {
      requireMessage(e);
    }
  }

  @FuzzTest
  void leaf(byte[] input) {
    try {
      if (!Arrays.equals(Leaf.parse(input).bytes(), input)) {
        throw new AssertionError("a leaf must be its bytes");
      }
    } catch (MalformedLeafException e) {
      requireMessage(e);
    }
  }

  @FuzzTest
  void trustFile(byte[] input) {
    try {
      TrustFile file = TrustFile.parse(input);
      TrustFile again = TrustFile.of(file.content(), file.signatures());
      requireSame(file.content(), TrustFile.parse(again.toJson()).content());
    } catch (MalformedTrustFileException e) {
      requireMessage(e);
    }
  }

  @FuzzTest
  void policyEnvelope(byte[] input) {
    try {
      PolicyEnvelope envelope = PolicyEnvelope.parse(input);
      if (!Arrays.equals(envelope.toJson(), input)) {
        throw new AssertionError("an envelope must be its bytes");
      }
      byte[] again = PolicyEnvelope.of(envelope.payload()).signingInput();
      if (!Arrays.equals(again, envelope.signingInput())) {
        throw new AssertionError("what is signed must follow from the policy alone");
      }
    } catch (MalformedEnvelopeException e) {
      requireMessage(e);
    }
  }

  @FuzzTest
  void operation(byte[] input) {
    try {
      Operation operation = Operation.parse(input);
      if (!Arrays.equals(operation.document(), input)) {
        throw new AssertionError("an operation must be its bytes");
      }
    } catch (MalformedOperationException e) {
      requireMessage(e);
    }
  }

  /** Client data are read past base64url, where somebody asks whether they answer. */
  @FuzzTest
  void approval(byte[] input) {
    try {
      OperationApproval approval = OperationApproval.parse(input);
      requireSame(approval, OperationApproval.parse(approval.toJson()));
      boolean ignored = approval.signature().assertion().map(a -> a.answers(input)).orElse(false);
    } catch (MalformedOperationException e) {
      requireMessage(e);
    }
  }

  @FuzzTest
  void requestApproval(byte[] input) {
    try {
      RequestApproval approval = RequestApproval.parse(input);
      if (!Arrays.equals(approval.toJson(), input)) {
        throw new AssertionError("an approval of a request must be its bytes");
      }
    } catch (MalformedRequestApprovalException e) {
      requireMessage(e);
    }
  }

  @FuzzTest
  void withdrawal(byte[] input) {
    try {
      OperationWithdrawal withdrawal = OperationWithdrawal.parse(input);
      requireSame(withdrawal, OperationWithdrawal.parse(withdrawal.toJson()));
      boolean ignored = withdrawal.signature().assertion().map(a -> a.answers(input)).orElse(false);
    } catch (MalformedOperationException e) {
      requireMessage(e);
    }
  }

  @FuzzTest
  void bundle(byte[] input) {
    try {
      ProofBundle bundle = ProofBundle.parse(input);
      requireSame(bundle, ProofBundle.parse(bundle.toJson()));
    } catch (MalformedBundleException e) {
      requireMessage(e);
    }
  }

  private static void requireSame(Object expected, Object actual) {
    if (!expected.equals(actual)) {
      throw new AssertionError("written and read again, " + expected + " became " + actual);
    }
  }

  private static void requireMessage(MalformedDocumentException e) {
    if (e.mustBe().isEmpty() || e.getMessage().chars().anyMatch(c -> c < 0x20)) {
      throw new AssertionError("a refusal must say what must be, in print", e);
    }
  }
}
