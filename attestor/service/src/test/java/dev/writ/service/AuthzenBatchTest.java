// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.policy.Question;
import dev.writ.policy.Question.Entity;
import dev.writ.policy.Question.Properties;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AuthzenBatchTest {
  private static final String SUBJECT = "'subject':{'type':'user','id':'alice'}";
  private static final String ACTION = "'action':{'name':'can_read'}";
  private static final String RESOURCE = "'resource':{'type':'todo','id':'1'}";
  private static final AuthzenQuestion QUESTION = question("1");

  private static AuthzenQuestion question(String todo) {
    return new AuthzenQuestion(
        "can_read",
        new Question(
            new Entity("user", "alice", Properties.NONE),
            Properties.NONE,
            new Entity("todo", todo, Properties.NONE),
            Properties.NONE));
  }

  private static byte[] json(String... members) {
    return ("{" + String.join(",", members) + "}").replace('\'', '"').getBytes(UTF_8);
  }

  private static String resources(String... ids) {
    List<String> items = new ArrayList<>();
    for (String id : ids) {
      items.add("{'resource':{'type':'todo','id':'" + id + "'}}");
    }
    return "'evaluations':[" + String.join(",", items) + "]";
  }

  @Test
  void evaluation_of_three_entities_is_one_question() throws Exception {
    AuthzenBatch batch = AuthzenBatch.evaluation(json(SUBJECT, ACTION, RESOURCE));

    assertThat(batch.questions()).containsExactly(QUESTION);
    assertThat(batch.single()).isTrue();
  }

  @Test
  void evaluation_with_unknown_members_ignores_them_whatever_they_are() throws Exception {
    AuthzenBatch batch =
        AuthzenBatch.evaluation(
            json(
                "'subject':{'type':'user','id':'alice','x':1.5}",
                ACTION,
                RESOURCE,
                "'foo':{'a':[1e400,null,-0]}",
                "'evaluations':7"));

    assertThat(batch.questions()).containsExactly(QUESTION);
  }

  @Test
  void attributes_are_apart_by_what_they_are() throws Exception {
    AuthzenQuestion question =
        AuthzenBatch.evaluation(
                json(
                    "'subject':{'type':'user','id':'alice','properties':{'t':'true','b':true,'i':1,"
                        + "'f':1.0,'n':null,'o':{'z':[1,2.50],'a':'x'},'big':9007199254740992}}",
                    ACTION,
                    RESOURCE,
                    "'context':{'time':'now'}"))
            .questions()
            .get(0);

    assertThat(question.asked().subject().properties())
        .isEqualTo(
            new Properties(
                Map.of("t", "true"),
                Map.of("b", true),
                Map.of("i", 1L),
                Map.of(
                    "f", "1.0",
                    "n", "null",
                    "o", "{\"a\":\"x\",\"z\":[1,2.50]}",
                    "big", "9007199254740992")));
    assertThat(question.asked().context().texts()).isEqualTo(Map.of("time", "now"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'action':{'name':'a'},'resource':{'type':'t','id':'1'} | subject: must be present",
        "'subject':{'type':'t','id':'1'},'resource':{'type':'t','id':'1'} | action: must be present",
        "'subject':{'type':'t','id':'1'},'action':{'name':'a'} | resource: must be present",
        "'subject':{'id':'1'},'action':{'name':'a'},'resource':{'type':'t','id':'1'} | subject.type",
        "'subject':{'type':'t'},'action':{'name':'a'},'resource':{'type':'t','id':'1'} | subject.id",
        "'subject':{'type':'t','id':'1'},'action':{},'resource':{'type':'t','id':'1'} | action.name",
        "'subject':{'type':'t','id':'1'},'action':{'name':'a'},'resource':{'id':'1'} | resource.type",
        "'subject':{'type':'t','id':'1'},'action':{'name':'a'},'resource':{'type':'t'} | resource.id",
        "'subject':{'type':'t','id':''},'action':{'name':'a'},'resource':{'type':'t','id':'1'} | subject.id",
        "'subject':'alice','action':{'name':'a'},'resource':{'type':'t','id':'1'} | subject",
        "'subject':{'type':'t','id':7},'action':{'name':'a'},'resource':{'type':'t','id':'1'} | subject.id"
      })
  void evaluation_without_what_the_api_demands_is_refused(String body, String field) {
    byte[] json = json(body);

    assertThatThrownBy(() -> AuthzenBatch.evaluation(json))
        .isInstanceOf(MalformedRequest.class)
        .hasMessageContaining(field);
  }

  @Test
  void evaluation_with_a_longer_name_than_any_action_has_is_refused() throws Exception {
    byte[] json = json(SUBJECT, "'action':{'name':'" + "a".repeat(65) + "'}", RESOURCE);

    assertThatThrownBy(() -> AuthzenBatch.evaluation(json))
        .hasMessageContaining("action.name: must be of 1 to 64 characters, was of 65");
  }

  @Test
  void question_without_a_member_takes_the_bodys() throws Exception {
    AuthzenBatch batch = AuthzenBatch.evaluations(json(SUBJECT, ACTION, resources("1", "2")));

    assertThat(batch.single()).isFalse();
    assertThat(batch.questions()).containsExactly(QUESTION, question("2"));
  }

  @Test
  void question_with_half_a_subject_takes_no_half_of_the_bodys() throws Exception {
    byte[] json = json(SUBJECT, ACTION, RESOURCE, "'evaluations':[{'subject':{'type':'admin'}}]");

    assertThatThrownBy(() -> AuthzenBatch.evaluations(json))
        .isInstanceOf(MalformedRequest.class)
        .hasMessageContaining("subject.id");
  }

  @Test
  void question_without_a_member_that_the_body_lacks_is_refused() throws Exception {
    byte[] json = json(SUBJECT, resources("1"));

    assertThatThrownBy(() -> AuthzenBatch.evaluations(json))
        .hasMessageContaining("action: must be present");
  }

  @ParameterizedTest
  @ValueSource(strings = {"'x':1", "'evaluations':[]"})
  void evaluations_without_a_list_are_one_evaluation(String rest) throws Exception {
    AuthzenBatch batch = AuthzenBatch.evaluations(json(SUBJECT, ACTION, RESOURCE, rest));

    assertThat(batch.questions()).containsExactly(QUESTION);
    assertThat(batch.single()).isTrue();
  }

  @Test
  void evaluations_beyond_the_bound_are_refused() throws Exception {
    String[] ids = new String[AuthzenBatch.MAX_QUESTIONS + 1];
    Arrays.fill(ids, "1");
    byte[] json = json(SUBJECT, ACTION, resources(ids));

    assertThatThrownBy(() -> AuthzenBatch.evaluations(json))
        .hasMessageContaining("at most 64 elements");
  }

  @Test
  void semantic_of_another_name_is_refused() throws Exception {
    byte[] json =
        json(SUBJECT, ACTION, resources("1"), "'options':{'evaluations_semantic':'allow_all'}");

    assertThatThrownBy(() -> AuthzenBatch.evaluations(json))
        .hasMessageContaining("options.evaluations_semantic");
  }

  @ParameterizedTest
  @CsvSource({
    "execute_all,true,false",
    "execute_all,false,false",
    "deny_on_first_deny,true,false",
    "deny_on_first_deny,false,true",
    "permit_on_first_permit,true,true",
    "permit_on_first_permit,false,false"
  })
  void batch_ends_where_its_semantic_says(String semantic, boolean permitted, boolean ends)
      throws Exception {
    AuthzenBatch batch =
        AuthzenBatch.evaluations(
            json(
                SUBJECT,
                ACTION,
                resources("1", "2", "3"),
                "'options':{'evaluations_semantic':'" + semantic + "','x':1}"));

    assertThat(batch.semantic().endsAfter(permitted)).isEqualTo(ends);
  }

  @Test
  void questions_longer_than_their_bounds_are_refused() {
    String long1 = "'context':{'a':'" + "a".repeat(16_384) + "'}";
    String long2 = "'context':{'a':'" + "a".repeat(8_000) + "'}";
    String[] ids = new String[40];
    Arrays.fill(ids, "1");

    assertThatThrownBy(() -> AuthzenBatch.evaluation(json(SUBJECT, ACTION, RESOURCE, long1)))
        .hasMessageContaining("at most 16384 characters");
    assertThatThrownBy(() -> AuthzenBatch.evaluations(json(SUBJECT, ACTION, resources(ids), long2)))
        .hasMessageContaining("at most 262144 characters");
  }

  /** Two questions that look different to who asks are two to the policy. */
  @ParameterizedTest
  @CsvSource({
    "user,alice,user:alice",
    "user,alice%40x,user:alice%2540x",
    "user,alice@x,user:alice%40x",
    "user:alice,x,user%3Aalice:x",
    "user,alice:x,user:alice%3Ax",
    "user,al/ice,user:al%2Fice",
    "user,../alice,user:..%2Falice",
    "user,Alice,user:Alice",
    "user,å,user:%C3%A5",
    "user,å,user:a%CC%8A",
    "workload,spiffe://a/w,workload:spiffe%3A%2F%2Fa%2Fw"
  })
  void subject_and_resource_are_one_text_of_their_own(String type, String id, String text)
      throws Exception {
    String entity = "{'type':'" + type + "','id':'" + id + "'}";
    AuthzenQuestion question =
        AuthzenBatch.evaluation(json("'subject':" + entity, ACTION, "'resource':" + entity))
            .questions()
            .get(0);

    assertThat(question.subject()).isEqualTo(text);
    assertThat(question.resource()).isEqualTo(text);
  }
}
