// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.AkName;
import dev.writ.artifact.Artifact;
import dev.writ.artifact.ExecBinding;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.InitiatorToken;
import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.MalformedDocumentException;
import dev.writ.artifact.MalformedJsonException;
import dev.writ.artifact.ParentProof;
import dev.writ.artifact.RevocationReason;
import dev.writ.artifact.UuidV7;
import dev.writ.evidence.Challenge;
import dev.writ.evidence.EkChain;
import dev.writ.evidence.Evidence;
import dev.writ.evidence.MalformedEvidenceException;
import dev.writ.evidence.Octets;
import dev.writ.evidence.TpmName;
import dev.writ.evidence.TpmtPublic;
import java.time.Duration;
import java.util.Optional;

/** Reads what the bodies of the contract hold; each is taken whole. */
final class RequestReader {
  private static final int MAX_PUBLIC = 1_024;
  private static final int MAX_CERTIFICATE = 8_192;
  private static final int MAX_CHALLENGE = 186;
  private static final int MAX_SESSION = 24_576;
  private static final int SECRET = 32;

  /** Reads one structure of a TPM. */
  @FunctionalInterface
  private interface Structure<T> {
    T parse(byte[] bytes) throws MalformedEvidenceException;
  }

  /** What ends an enrolment. */
  record ActivationAnswer(Octets session, Octets secret) {
    /** The secret is shown to nobody. */
    @Override
    public String toString() {
      return "ActivationAnswer[session=" + session + "]";
    }
  }

  /** What withdraws an artifact. */
  record Revoke(UuidV7 jti, RevocationReason reason) {}

  /** Whose boot values are learned from. */
  record Learn(String host, Explanations.From from) {}

  /** What takes a use of an artifact. */
  record Redeem(Octets bundle, String statement) {}

  /** What invites a host. */
  record Invite(String host, Duration validity) {}

  private RequestReader() {}

  static TpmName challenge(JsonMembers body) throws MalformedRequest {
    try {
      TpmName akName = akName(body);
      body.end();
      return akName;
    } catch (MalformedJsonException e) {
      throw new MalformedRequest(e);
    }
  }

  static EnrolmentApplication enrolment(JsonMembers body) throws MalformedRequest {
    try {
      EnrolmentApplication application =
          new EnrolmentApplication(
              hostName(body),
              Octets.of(body.base64UrlUpTo("ek_certificate", MAX_CERTIFICATE)),
              body.has("ek_chain")
                  ? structure(body, "ek_chain", EkChain.MAX_BYTES, EkChain::parse)
                  : EkChain.NONE,
              structure(body, "ek_public", MAX_PUBLIC, TpmtPublic::parse),
              structure(body, "ak_public", MAX_PUBLIC, TpmtPublic::parse),
              body.has("invitation")
                  ? Optional.of(Octets.of(body.base64Url("invitation", SECRET)))
                  : Optional.empty());
      body.end();
      return application;
    } catch (MalformedJsonException e) {
      throw new MalformedRequest(e);
    }
  }

  static ActivationAnswer activation(JsonMembers body) throws MalformedRequest {
    try {
      ActivationAnswer answer =
          new ActivationAnswer(
              Octets.of(body.base64UrlUpTo("session", MAX_SESSION)),
              Octets.of(body.base64Url("secret", SECRET)));
      body.end();
      return answer;
    } catch (MalformedJsonException e) {
      throw new MalformedRequest(e);
    }
  }

  static Application application(JsonMembers body) throws MalformedRequest {
    try {
      TpmName akName = akName(body);
      Challenge challenge = structure(body, "challenge", MAX_CHALLENGE, Challenge::parse);
      ExecutionRequest request = ExecutionRequest.take(body.object("request"));
      Optional<JsonMembers> binding = body.optionalObject("exec");
      Optional<ExecBinding> exec =
          binding.isPresent() ? Optional.of(ExecBinding.take(binding.get())) : Optional.empty();
      Evidence evidence = structure(body, "evidence", Evidence.MAX_BYTES, Evidence::parse);
      Optional<InitiatorToken> initiator =
          body.has("initiator_token")
              ? Optional.of(initiatorToken(body.text("initiator_token")))
              : Optional.empty();
      Optional<JsonMembers> proof = body.optionalObject("parent_proof");
      Optional<ParentProof> parent =
          proof.isPresent() ? Optional.of(ParentProof.take(proof.get())) : Optional.empty();
      Optional<Artifact> renewed =
          body.has("renews") ? Optional.of(Artifact.parse(body.text("renews"))) : Optional.empty();
      body.end();
      return agreeing(akName, challenge, request, exec, evidence, initiator, parent, renewed);
    } catch (MalformedDocumentException e) {
      throw new MalformedRequest(e);
    }
  }

  private static Application agreeing(
      TpmName akName,
      Challenge challenge,
      ExecutionRequest request,
      Optional<ExecBinding> exec,
      Evidence evidence,
      Optional<InitiatorToken> initiator,
      Optional<ParentProof> parent,
      Optional<Artifact> renewed)
      throws MalformedRequest {
    try {
      return new Application(
          akName, challenge, request, exec, evidence, initiator, parent, renewed);
    } catch (IllegalArgumentException e) {
      throw new MalformedRequest(String.valueOf(e.getMessage()));
    }
  }

  private static InitiatorToken initiatorToken(String compact) throws MalformedRequest {
    try {
      return new InitiatorToken(compact);
    } catch (IllegalArgumentException e) {
      throw new MalformedRequest("JSON, field " + e.getMessage());
    }
  }

  static Redeem redeem(JsonMembers body) throws MalformedRequest {
    try {
      Octets bundle = Octets.of(body.canonical("bundle"));
      JsonMembers unused = body.object("bundle");
      Redeem wish = new Redeem(bundle, body.text("redemption"));
      body.end();
      return wish;
    } catch (MalformedJsonException e) {
      throw new MalformedRequest(e);
    }
  }

  /** The one string that a body holds. */
  static String only(JsonMembers body, String name, int max) throws MalformedRequest {
    try {
      String text = body.text(name);
      body.end();
      if (text.isEmpty() || text.length() > max) {
        throw new MalformedRequest(
            "JSON, field "
                + name
                + ": must be of 1 to "
                + max
                + " characters, was of "
                + text.length());
      }
      return text;
    } catch (MalformedJsonException e) {
      throw new MalformedRequest(e);
    }
  }

  static Invite invitation(JsonMembers body) throws MalformedRequest {
    try {
      Invite invite =
          new Invite(
              hostName(body),
              Duration.ofSeconds(body.integer("valid_s", 1, Invitations.LONGEST.toSeconds())));
      body.end();
      return invite;
    } catch (MalformedJsonException e) {
      throw new MalformedRequest(e);
    }
  }

  static Revoke revocation(JsonMembers body) throws MalformedRequest {
    try {
      Revoke revoke =
          new Revoke(
              body.uuid("jti"),
              body.oneOf("reason", RevocationReason.said().toArray(RevocationReason[]::new)));
      body.end();
      return revoke;
    } catch (MalformedJsonException e) {
      throw new MalformedRequest(e);
    }
  }

  static Learn learning(JsonMembers body) throws MalformedRequest {
    try {
      Learn learn = new Learn(hostName(body), from(body.text("boot")));
      body.end();
      return learn;
    } catch (MalformedJsonException e) {
      throw new MalformedRequest(e);
    }
  }

  private static Explanations.From from(String boot) throws MalformedRequest {
    return switch (boot) {
      case "allowed" -> Explanations.From.ALLOWED;
      case "latest" -> Explanations.From.LATEST;
      default ->
          throw new MalformedRequest("JSON, field boot: must be allowed or latest, was another");
    };
  }

  static String hostName(JsonMembers body) throws MalformedJsonException, MalformedRequest {
    String name = body.text("host");
    if (!AdmittedHosts.isName(name)) {
      throw new MalformedRequest(
          "JSON, field host: must be 1 to 128 visible ASCII characters without \" and \\, was not");
    }
    return name;
  }

  private static TpmName akName(JsonMembers body) throws MalformedJsonException, MalformedRequest {
    try {
      return TpmName.parse(new AkName(body.text("ak_name")).bytes());
    } catch (IllegalArgumentException e) {
      throw new MalformedRequest(
          "JSON, field ak_name: must be base64url of a TPM Name under SHA-256, SHA-384 or SHA-512, "
              + "was not");
    } catch (MalformedEvidenceException e) {
      throw new MalformedRequest("ak_name", e);
    }
  }

  private static <T> T structure(JsonMembers body, String name, int max, Structure<T> structure)
      throws MalformedJsonException, MalformedRequest {
    byte[] bytes = body.base64UrlUpTo(name, max);
    try {
      return structure.parse(bytes);
    } catch (MalformedEvidenceException e) {
      throw new MalformedRequest(name, e);
    }
  }

  /** A leaf as an operator names it. */
  static LeafName leafName(String text) throws MalformedRequest {
    try {
      return LeafName.of(text);
    } catch (IllegalArgumentException e) {
      throw new MalformedRequest(
          "a leaf must be named by its index, its id, or its artifact's jti, was not");
    }
  }
}
