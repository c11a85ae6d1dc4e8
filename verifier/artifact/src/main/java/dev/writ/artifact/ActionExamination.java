// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import java.util.List;
import java.util.Map;
import java.util.Set;

/** The checks of what an artifact permits: the action, its limits, and what must be met by whoever lets it happen. */
final class ActionExamination {
  private final ArtifactClaims claims;
  private final Presentation presentation;

  ActionExamination(ArtifactClaims claims, Presentation presentation) {
    this.claims = claims;
    this.presentation = presentation;
  }

  Finding action() {
    Act act = claims.act();
    String permitted = act.action() + " " + act.resource() + " " + act.argsDigest();
    return presentation
        .action()
        .map(
            action ->
                Finding.of(
                    action.action().equals(act.action())
                        && action.resource().equals(act.resource())
                        && action.argsDigest().equals(act.argsDigest()),
                    permitted,
                    action.action() + " " + action.resource() + " " + action.argsDigest()))
        .orElseGet(() -> Finding.notAsked("this very action", permitted));
  }

  Finding limits() {
    Map<String, Long> limits = claims.act().limits();
    if (presentation.action().isEmpty()) {
      return Finding.notAsked("within the limits", limits.toString());
    }
    Map<String, Long> amounts = presentation.action().get().amounts();
    for (Map.Entry<String, Long> limit : limits.entrySet()) {
      Long amount = amounts.get(limit.getKey());
      if (amount == null || amount < 0 || amount > limit.getValue()) {
        return Finding.failed(
            limit.getKey() + " from 0 to " + limit.getValue(),
            amount == null ? "an amount that nobody counts here" : amount.toString());
      }
    }
    return Finding.passed("within the limits " + limits, amounts.toString());
  }

  Finding obligations() {
    List<String> obligations = claims.gov().obligations();
    if (presentation.obligations().isEmpty() && presentation.action().isEmpty()) {
      return Finding.notAsked("every obligation known here", obligations.toString());
    }
    // Who lets an action happen and names no obligation meets none.
    Presentation.Obligations here =
        presentation.obligations().orElse(new Presentation.Obligations(Set.of(), Set.of()));
    List<String> names = obligations.stream().map(Governance::obligationName).toList();
    return Finding.of(
        here.areMetOf(obligations.stream().map(Obligation::of).toList())
            && names.containsAll(here.demanded()),
        expected(here),
        obligations.toString());
  }

  private static String expected(Presentation.Obligations here) {
    StringBuilder words = new StringBuilder("no obligation but ").append(here.met());
    if (!here.demanded().isEmpty()) {
      words.append(", and of them ").append(here.demanded());
    }
    if (!here.upstreams().isEmpty()) {
      words.append(", reroute to one of ").append(here.upstreams());
    }
    return words.toString();
  }
}
