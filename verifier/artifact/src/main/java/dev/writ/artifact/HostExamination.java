// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

/** The checks of where an artifact is shown: on the host to which it is bound, in the state and boot of its quote. */
final class HostExamination {
  private final ArtifactClaims claims;
  private final Presentation presentation;

  HostExamination(ArtifactClaims claims, Presentation presentation) {
    this.claims = claims;
    this.presentation = presentation;
  }

  Finding host() {
    String bound = claims.env().akName().base64Url();
    if (presentation.audience().orElse(null) instanceof Presentation.Audience.ExecutionHere
        && !claims.aud().contains(ExecAudience.PREFIX + bound)) {
      return Finding.failed("aud that names the host of env.ak_name", claims.aud().toString());
    }
    return presentation
        .host()
        .map(host -> host.akName().base64Url())
        .map(name -> Finding.of(name.equals(bound), "the host with AK name " + bound, name))
        .orElseGet(() -> Finding.notAsked("of this host", bound));
  }

  Finding pcrDigest() {
    Environment env = claims.env();
    String bound = env.pcrs() + " " + env.digest();
    return presentation
        .host()
        .map(
            host ->
                Finding.of(
                    host.pcrs().equals(env.pcrs()) && host.pcrDigest().equals(env.digest()),
                    "PCRs " + bound,
                    host.pcrs() + " " + host.pcrDigest()))
        .orElseGet(() -> Finding.notAsked("PCRs as quoted", bound));
  }

  Finding boot() {
    Environment env = claims.env();
    String bound = "resets " + env.resetCount() + ", restarts " + env.restartCount();
    return presentation
        .host()
        .map(
            host ->
                Finding.of(
                    host.resetCount() == env.resetCount()
                        && host.restartCount() == env.restartCount(),
                    bound,
                    "resets " + host.resetCount() + ", restarts " + host.restartCount()))
        .orElseGet(() -> Finding.notAsked("no boot since", bound));
  }
}
