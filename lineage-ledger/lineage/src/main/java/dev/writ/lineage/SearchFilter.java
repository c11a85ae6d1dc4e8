// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import dev.writ.artifact.ArtifactClaims;
import dev.writ.artifact.Commitment;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.Evaluation;
import dev.writ.artifact.Jcs;
import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.LeafKind;
import dev.writ.artifact.MalformedJsonException;
import dev.writ.artifact.ServiceStart;
import dev.writ.artifact.UuidV7;
import dev.writ.artifact.Verification;
import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What is looked for: leaves of which each condition that is given holds. A leaf that does not say what a
 * condition is about is not found.
 *
 * @param kind of this kind
 * @param jti about this artifact: its allow, verifications, outcomes and revocation
 * @param policyDigest decided under this policy, or the leaf that puts it in force
 * @param code denied for this, or a summary that counts such
 * @param pcrDigest with a quote of this digest: a start, or an allow whose artifact was opened
 * @param subject an allow for this {@code sub}, where that was opened, or a denial of it, where its payload was
 * @param host about the host of this name, where that was opened: enrolment, invitation, allow
 * @param since not before this
 * @param before before this
 */
public record SearchFilter(
    Optional<LeafKind> kind,
    Optional<UuidV7> jti,
    Optional<Hash> policyDigest,
    Optional<DenialCode> code,
    Optional<Hash> pcrDigest,
    Optional<String> subject,
    Optional<String> host,
    Optional<Instant> since,
    Optional<Instant> before) {
  /** The filter as given; times are cut to milliseconds, as leaves and pages have them. */
  public SearchFilter {
    since = since.map(time -> time.truncatedTo(ChronoUnit.MILLIS));
    before = before.map(time -> time.truncatedTo(ChronoUnit.MILLIS));
  }

  /** What a filter says of a leaf. */
  public enum Answer {
    /** It is looked for. */
    MATCHES,
    /** It is not. */
    DIFFERS,
    /** It takes an opening that is not there, or the entry cannot be read. */
    UNDECIDED;

    private Answer and(Answer other) {
      if (this == DIFFERS || other == DIFFERS) {
        return DIFFERS;
      }
      return this == UNDECIDED || other == UNDECIDED ? UNDECIDED : MATCHES;
    }

    private static Answer of(boolean matches) {
      return matches ? MATCHES : DIFFERS;
    }
  }

  /** Whether {@code leaf} is looked for, by what {@code openings} know. */
  public Answer judge(Leaf leaf, Openings openings) {
    LeafBody body = leaf.body();
    Answer answer = Answer.MATCHES;
    for (Answer each :
        List.of(
            kind.map(wanted -> Answer.of(wanted == body.kind())).orElse(Answer.MATCHES),
            jti.map(wanted -> Answer.of(ofArtifact(body, wanted))).orElse(Answer.MATCHES),
            policyDigest.map(wanted -> Answer.of(underPolicy(body, wanted))).orElse(Answer.MATCHES),
            code.map(wanted -> Answer.of(denied(body, wanted))).orElse(Answer.MATCHES),
            since.map(time -> Answer.of(!leaf.time().isBefore(time))).orElse(Answer.MATCHES),
            before.map(time -> Answer.of(leaf.time().isBefore(time))).orElse(Answer.MATCHES),
            pcrDigest.map(wanted -> quoted(body, wanted, openings)).orElse(Answer.MATCHES),
            subject.map(wanted -> ofSubject(leaf, wanted, openings)).orElse(Answer.MATCHES),
            host.map(wanted -> ofHost(body, wanted, openings)).orElse(Answer.MATCHES))) {
      answer = answer.and(each);
    }
    return answer;
  }

  private static boolean ofArtifact(LeafBody body, UuidV7 wanted) {
    if (body instanceof LeafBody.DecisionAllow allow) {
      return allow.jti().equals(wanted);
    } else if (body instanceof LeafBody.Outcome outcome) {
      return outcome.jti().equals(wanted);
    } else if (body instanceof Verification verification) {
      return verification.jti().equals(Optional.of(wanted));
    }
    return body instanceof LeafBody.Revocation revocation && revocation.jti().equals(wanted);
  }

  private static boolean underPolicy(LeafBody body, Hash wanted) {
    if (body instanceof LeafBody.DecisionAllow allow) {
      return allow.policyDigest().equals(wanted);
    } else if (body instanceof LeafBody.DecisionDeny deny) {
      return deny.policyDigest().equals(wanted);
    } else if (body instanceof Evaluation evaluation) {
      return evaluation.policyDigest().equals(wanted);
    }
    return body instanceof LeafBody.PolicyInForce policy && policy.policy().digest().equals(wanted);
  }

  private static boolean denied(LeafBody body, DenialCode wanted) {
    if (body instanceof LeafBody.Summary summary) {
      return summary.counts().stream().anyMatch(count -> count.code() == wanted);
    }
    if (body instanceof Verification verification) {
      return verification.code().equals(Optional.of(wanted));
    }
    if (body instanceof Evaluation evaluation) {
      return evaluation.denied().filter(denied -> denied.code() == wanted).isPresent();
    }
    return body instanceof LeafBody.DecisionDeny deny && deny.code() == wanted;
  }

  private static Answer quoted(LeafBody body, Hash wanted, Openings openings) {
    if (body instanceof ServiceStart start) {
      return Answer.of(start.host().pcrDigest().equals(wanted));
    }
    if (body instanceof LeafBody.DecisionAllow allow) {
      return openings
          .artifact(allow.artifactDigest())
          .map(claims -> Answer.of(claims.env().digest().equals(wanted)))
          .orElse(Answer.UNDECIDED);
    }
    return Answer.DIFFERS;
  }

  private static Answer ofSubject(Leaf leaf, String wanted, Openings openings) {
    if (leaf.body() instanceof LeafBody.DecisionDeny && leaf.payload().isPresent()) {
      return openings
          .subjectOfPayload(leaf.payload().get())
          .map(sub -> Answer.of(sub.equals(wanted)))
          .orElse(Answer.UNDECIDED);
    }
    if (leaf.body() instanceof LeafBody.DecisionAllow allow) {
      return openings
          .value(allow.subject())
          .or(() -> openings.artifact(allow.artifactDigest()).map(ArtifactClaims::sub))
          .map(sub -> Answer.of(sub.equals(wanted)))
          .orElse(Answer.UNDECIDED);
    }
    return Answer.DIFFERS;
  }

  private static Answer ofHost(LeafBody body, String wanted, Openings openings) {
    Optional<Commitment> host = Optional.empty();
    if (body instanceof LeafBody.DecisionAllow allow) {
      host = Optional.of(allow.host());
    } else if (body instanceof LeafBody.Enrolment enrolment) {
      host = Optional.of(enrolment.host());
    } else if (body instanceof LeafBody.Approval approval) {
      host = Optional.of(approval.subject());
    }
    if (host.isEmpty()) {
      return Answer.DIFFERS;
    }
    return openings
        .value(host.get())
        .map(name -> Answer.of(name.equals(wanted)))
        .orElse(Answer.UNDECIDED);
  }

  /** The conditions, as they stand in a page; none where every leaf is looked for. */
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    kind.ifPresent(value -> map.put("kind", value.wire()));
    jti.ifPresent(value -> map.put("jti", value.toString()));
    policyDigest.ifPresent(value -> map.put("policy_digest", value));
    code.ifPresent(value -> map.put("code", value.wire()));
    pcrDigest.ifPresent(value -> map.put("pcr_digest", value));
    subject.ifPresent(value -> map.put("subject", value));
    host.ifPresent(value -> map.put("host", value));
    since.ifPresent(value -> map.put("since", value.toEpochMilli()));
    before.ifPresent(value -> map.put("before", value.toEpochMilli()));
    return map;
  }

  /** The conditions as canonical JSON (RFC 8785): the same filter, the same text. */
  public String toJson() {
    return new String(Jcs.canonical(toMap()), StandardCharsets.UTF_8);
  }

  static SearchFilter take(JsonMembers json) throws MalformedJsonException {
    SearchFilter filter =
        new SearchFilter(
            json.has("kind")
                ? Optional.of(json.oneOf("kind", LeafKind.values()))
                : Optional.empty(),
            json.optionalUuid("jti"),
            json.optionalHash("policy_digest"),
            json.has("code")
                ? Optional.of(json.oneOf("code", DenialCode.values()))
                : Optional.empty(),
            json.optionalHash("pcr_digest"),
            json.optionalText("subject"),
            json.optionalText("host"),
            json.has("since") ? Optional.of(json.millis("since")) : Optional.empty(),
            json.has("before") ? Optional.of(json.millis("before")) : Optional.empty());
    json.end();
    return filter;
  }
}
