"""The generated texts tell their topic, and what makes them liked."""

from functools import cache

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import Ridge
from sklearn.model_selection import cross_val_predict

from train.demo_data.catalogue import Catalogue, draw_catalogue
from train.demo_data.plan import Plan, Stream
from train.demo_data.prose import write_texts
from train.demo_data.taste import NEWS, TOPICS

PLAN = Plan(users=1, posts=7_023, days=1, seed=7)


@cache
def _posts() -> tuple[Catalogue, list[str]]:
    catalogue = draw_catalogue(PLAN)
    return catalogue, write_texts(catalogue, PLAN.rng(Stream.PROSE))


def _cross_validated_r2(topics: tuple[str, ...]) -> float:
    catalogue, texts = _posts()
    chosen = np.flatnonzero(np.isin(np.array(TOPICS)[catalogue.topic], topics))
    order = np.random.default_rng(0).permutation(chosen)
    words = TfidfVectorizer(sublinear_tf=True).fit_transform([texts[post] for post in order])
    appeal = np.exp(catalogue.appeals.appeal[order].astype(float))
    told = cross_val_predict(Ridge(alpha=3), words, appeal, cv=5)
    return float(1 - np.var(appeal - told) / np.var(appeal))


def test_a_text_tells_its_topic() -> None:
    catalogue, texts = _posts()
    words = TfidfVectorizer().fit_transform(texts)
    known = np.arange(len(texts)) % 2 == 0
    centroids = np.stack([
        words[np.flatnonzero(known & (catalogue.topic == topic))].mean(axis=0).A1
        for topic in range(len(TOPICS))
    ])  # fmt: skip
    centroids /= np.linalg.norm(centroids, axis=1, keepdims=True)
    nearest = (words[np.flatnonzero(~known)] @ centroids.T).argmax(axis=1)
    assert np.mean(nearest == catalogue.topic[~known]) > 0.95


def test_the_text_of_news_tells_much_of_how_much_it_is_liked() -> None:
    assert 0.34 < _cross_validated_r2(NEWS) < 0.5


def test_the_text_of_a_film_review_tells_little_of_how_much_it_is_liked() -> None:
    assert _cross_validated_r2(("movie",)) < 0.2


def test_news_begin_with_a_title_and_reviews_run_on() -> None:
    catalogue, texts = _posts()
    for topic, text in zip(catalogue.topic, texts, strict=True):
        title, _, rest = text.partition("\n\n")
        assert "{" not in text
        assert text[0].isupper() or text[0] in '#@"' or text[0].isdigit()
        if TOPICS[topic] in NEWS:
            assert len(title) < 80
            assert rest.endswith((".", '"'))
        else:
            assert not rest


def test_tweets_have_a_hashtag_and_at_most_140_characters() -> None:
    catalogue, texts = _posts()
    tweets = [
        text for topic, text in zip(catalogue.topic, texts, strict=True) if TOPICS[topic] == "covid"
    ]
    assert max(map(len, tweets)) <= 140
    assert np.mean(["#" in tweet for tweet in tweets]) > 0.95


def test_texts_differ() -> None:
    _, texts = _posts()
    assert len(set(texts)) == len(texts)
