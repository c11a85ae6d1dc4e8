// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Jcs;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** The decision API of AuthZEN Authorization API 1.0, for enforcement points that a role names. */
final class AuthzenRoutes {
  private static final String EVALUATION = "/access/v1/evaluation";
  private static final String EVALUATIONS = "/access/v1/evaluations";

  /** The status by which the API's examples name a denial's reason. */
  private static final String FORBIDDEN = "403";

  private final Evaluations evaluations;
  private final Optional<String> url;

  /**
   * Routes.
   *
   * @param url under which enforcement points reach the door; without one nothing says where it is
   */
  AuthzenRoutes(Evaluations evaluations, Optional<String> url) {
    this.evaluations = evaluations;
    this.url = url;
  }

  void addTo(RouteTable table) {
    table
        .postAsked(
            EVALUATION, "evaluate", (body, caller) -> ask(AuthzenBatch.evaluation(body), caller))
        .postAsked(
            EVALUATIONS,
            "evaluateAll",
            (body, caller) -> ask(AuthzenBatch.evaluations(body), caller))
        .get("/.well-known/authzen-configuration", "authzen", target -> configuration());
  }

  private CompletionStage<Reply> configuration() {
    return url.map(
            base ->
                Reply.now(
                    Answer.json(
                        200,
                        PublicRoutes.json(
                            "policy_decision_point", base,
                            "access_evaluation_endpoint", base + EVALUATION,
                            "access_evaluations_endpoint", base + EVALUATIONS))))
        .orElseGet(
            () ->
                Reply.now(
                    Problem.notFound(
                        "operator.mtls.authzen_url must say where enforcement points reach this door, and"
                            + " is absent")));
  }

  private CompletionStage<Reply> ask(AuthzenBatch batch, Caller caller) {
    return evaluations
        .ask(batch, caller.name())
        .thenApply(
            outcome ->
                outcome instanceof Evaluations.Outcome.Answered answered
                    ? new Reply.Given(() -> answer(batch, answered.answers()))
                    : Denials.reply(((Evaluations.Outcome.Denied) outcome).denial()));
  }

  private static Answer answer(AuthzenBatch batch, List<Evaluations.Answer> answers) {
    List<Map<String, Object>> told = answers.stream().map(AuthzenRoutes::told).toList();
    byte[] json = Jcs.canonical(batch.single() ? told.get(0) : Map.of("evaluations", told));
    return Answer.current(Answer.JSON, json);
  }

  private static Map<String, Object> told(Evaluations.Answer answer) {
    Map<String, Object> context = new LinkedHashMap<>();
    context.put("id", answer.leaf().toString());
    answer
        .denied()
        .ifPresent(
            denied -> {
              context.put("code", denied.code().wire());
              context.put("reason", denied.reason());
              context.put("reason_user", Map.of(FORBIDDEN, answer.message()));
            });
    return Map.of("decision", answer.allowed(), "context", context);
  }
}
