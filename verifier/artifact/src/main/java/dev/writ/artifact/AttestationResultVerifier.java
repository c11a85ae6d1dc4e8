// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.artifact.Check.Outcome;
import dev.writ.tlog.Hash;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Verifies attestation results offline, under one trust file. Total: whatever text it is given, it ends
 * in a verdict, and it never throws. Safe for use by any number of threads.
 *
 * <p>An accepted result is one that the issuer gave: whether the host is to be trusted is what its
 * claims say, and of whom its {@link AppraisedSubject}s: a Relying Party must compare these with whoever
 * presents it. No status list withdraws a result, for what was found stays found; it ends with {@code
 * exp}.
 */
public final class AttestationResultVerifier {
  private record Step(CheckName name, String question, Function<Examined, Finding> check) {}

  private static final String CLAIMS = "an EAR claims set of profile " + Ear.PROFILE;

  private static final List<Step> STEPS =
      List.of(
          new Step(
              CheckName.JWS_FORM, "it is a JWS: ES256, " + AttestationResult.TYPE, Examined::form),
          new Step(CheckName.SIGNATURE, CheckName.SIGNATURE.question(), Examined::signature),
          new Step(CheckName.CLAIMS_FORM, "its payload is " + CLAIMS, Examined::claimsForm),
          new Step(CheckName.KEY, CheckName.KEY.question(), Examined::key),
          new Step(CheckName.ISSUER, CheckName.ISSUER.question(), Examined::issuer),
          new Step(CheckName.BEGUN, "iat has come", Examined::begun),
          new Step(CheckName.NOT_ENDED, CheckName.NOT_ENDED.question(), Examined::notEnded));

  private final Beliefs beliefs;

  private AttestationResultVerifier(Beliefs beliefs) {
    this.beliefs = beliefs;
  }

  /**
   * A verifier on the platform's own providers.
   *
   * @param trust a trust file that {@link TrustFile#mayBeBelieved() may be believed}; who gives version
   *     1 vouches for it
   * @throws IllegalArgumentException if it may not
   */
  public static AttestationResultVerifier of(TrustFile trust) {
    return new AttestationResultVerifier(Beliefs.of(trust));
  }

  /**
   * Judges a result.
   *
   * @param compact its text
   * @param now this Relying Party's clock, or the time as of which to judge
   */
  public AttestationResultVerdict verify(String compact, Instant now) {
    Examined examined = new Examined(beliefs, compact, now);
    List<Check> checks = new ArrayList<>(STEPS.size());
    for (Step step : STEPS) {
      Finding finding = find(step, examined);
      checks.add(new Check(step.name(), finding.outcome(), finding.expected(), finding.actual()));
      if (finding.outcome() == Outcome.FAILED) {
        return refused(step, finding, checks);
      }
    }
    return new AttestationResultVerdict.Accepted(examined.result(), checks);
  }

  /** A bug must not become an acceptance, nor an exception that a caller reads as one. */
  private static Finding find(Step step, Examined examined) {
    try {
      return step.check().apply(examined);
    } catch (RuntimeException e) {
      return Finding.unverifiable(
          step.question(), "a bug of the verifier: " + e.getClass().getName());
    }
  }

  private static AttestationResultVerdict refused(Step step, Finding finding, List<Check> checks) {
    for (Step unreached : STEPS.subList(checks.size(), STEPS.size())) {
      checks.add(
          new Check(
              unreached.name(),
              Outcome.NOT_REACHED,
              unreached.question(),
              "an earlier check failed"));
    }
    return new AttestationResultVerdict.Refused(
        finding.code().orElse(step.name().code()),
        step.name().wire() + " must be: " + finding.expected() + "; was: " + finding.actual(),
        checks);
  }

  /** One text under examination; a check may rest on every one before it. */
  private static final class Examined {
    private final Beliefs beliefs;
    private final String compact;
    private final Instant now;
    private @Nullable CompactJws jws;
    private @Nullable Hash kid;
    private Beliefs.@Nullable SigningKey key;
    private @Nullable AttestationResult result;

    Examined(Beliefs beliefs, String compact, Instant now) {
      this.beliefs = beliefs;
      this.compact = compact;
      this.now = now;
    }

    AttestationResult result() {
      return made(result);
    }

    Finding form() {
      String expected = "a JWS with header alg ES256, kid, typ " + AttestationResult.TYPE;
      try {
        jws = CompactJws.parse(compact, AttestationResult.MAX_LENGTH);
        kid = jws.kid(AttestationResult.TYPE);
        return Finding.passed(expected, "one");
      } catch (MalformedJwsException e) {
        return Finding.failed(expected, new MalformedAttestationResultException(e).getMessage());
      }
    }

    Finding signature() {
      return IssuerSignature.judge(beliefs, made(jws), made(kid), found -> key = found);
    }

    Finding claimsForm() {
      try {
        result = AttestationResult.of(made(jws), made(kid));
        return Finding.passed(CLAIMS, result.toString());
      } catch (MalformedAttestationResultException e) {
        return Finding.failed(CLAIMS, e.getMessage());
      }
    }

    Finding key() {
      return IssuerSignature.judgeWindow(made(key), now);
    }

    Finding issuer() {
      String expected = "iss " + beliefs.content().issuer();
      return result()
          .claims()
          .iss()
          .map(iss -> Finding.of(iss.equals(beliefs.content().issuer()), expected, iss))
          .orElseGet(() -> Finding.failed(expected, "it has none"));
    }

    Finding begun() {
      Instant iat = result().claims().iat();
      return Finding.of(
          !iat.minus(beliefs.content().skew()).isAfter(now),
          "iat not after " + now + " by more than " + beliefs.content().skew(),
          iat.toString());
    }

    Finding notEnded() {
      String expected = "exp after " + now;
      Optional<Instant> exp = result().claims().exp();
      return exp.map(end -> Finding.of(now.isBefore(end), expected, end.toString()))
          .orElseGet(() -> Finding.notAsked(expected, "it has none"));
    }

    private static <T> T made(@Nullable T value) {
      if (value == null) {
        throw new IllegalStateException("bug: a check was made before one that it rests on");
      }
      return value;
    }
  }
}
