"""Common names of five languages, the popular ones first, and parts of which rarer surnames are composed.
Nobody is meant: the generator combines them by chance."""

from __future__ import annotations

from itertools import product

FORENAMES = {
    "nl": {
        "m": "Jan Pieter Johan Willem Kees Luc Marc Dirk Bart Koen Wim Tom Jeroen Thomas Daan Sem Lucas Noah Bram Finn"
        " Milan Lars Luuk Jesse Ruben Stijn Tim Thijs Sven Jef Frans Guido Geert Hugo Joris Gerrit Henk Arno Rik Noël"
        " André René Jens Matthijs Maarten Michiel Niels Pim Robbe Wout Jelle Kobe Dries Pieterjan Jorrit Sjoerd",
        "f": "Anna Maria Johanna Els Griet Katrien Sofie Emma Lotte Julia Mila Sara Nora Tess Saar Lisa Eva Fleur Anne"
        " Ingrid Annelies Hilde Saskia Femke Sanne Nele Leen Ilse Mieke Zoë Renée Anouk Noor Joke Petra Carla Chloë"
        " Rita Truus Marieke Marijke Liesbeth Hanne Hanna Lien Lies Fien Roos Julie Jana Merel Maud Naomi Wilma Tine",
    },
    "fr": {
        "m": "Jean Pierre Michel André Philippe Alain Nicolas Christophe Patrick Frédéric Laurent Julien Thomas Hugo"
        " Lucas Louis Nathan Théo Léo Gabriel Raphaël Arthur Jules Adam Ethan Paul Antoine Luc François Benoît Jérôme"
        " Loïc Éric Thierry Olivier Gaël Cédric Rémi Didier Mathieu Matthieu Baptiste Clément Aurélien Yves Yvan"
        " Étienne Guillaume Sébastien Stéphane Jean-Luc Jean-Pierre Jean-Marc Marc Romain Florian",
        "f": "Marie Nathalie Isabelle Sylvie Catherine Martine Christine Françoise Valérie Sandrine Sophie Céline Julie"
        " Camille Emma Léa Chloé Manon Inès Jade Louise Alice Lina Zoé Juliette Anne Hélène Aurélie Noémie Émilie"
        " Élodie Solène Agnès Anaïs Laura Laure Lucie Lucile Marine Marion Pauline Mathilde Clara Claire Anne-Marie"
        " Marie-Claire Marie-Laure Danielle Danièle Véronique Brigitte Odile Gaëlle Maëlle",
    },
    "pl": {
        "m": "Jan Piotr Krzysztof Andrzej Tomasz Paweł Michał Marcin Grzegorz Jakub Adam Łukasz Zbigniew Mateusz Kamil"
        " Jerzy Tadeusz Marek Rafał Wojciech Stanisław Kacper Filip Szymon Antoni Dawid Damian Dominik Sebastian"
        " Przemysław Mariusz Mirosław Józef Henryk Kazimierz Bartosz Bartłomiej Maciej Jarosław Sławomir Wiesław Leszek"
        " Patryk Hubert Oskar Konrad Artur Robert Roman Radosław",
        "f": "Anna Maria Katarzyna Małgorzata Agnieszka Barbara Ewa Krystyna Elżbieta Magdalena Joanna Aleksandra Zofia"
        " Monika Teresa Danuta Natalia Julia Karolina Marta Beata Dorota Halina Jadwiga Janina Alicja Jolanta Iwona"
        " Grażyna Bożena Hanna Justyna Paulina Wiktoria Zuzanna Oliwia Maja Lena Amelia Emilia Renata Urszula Irena"
        " Izabela Kinga Sylwia Patrycja Weronika Stanisława Mirosława",
    },
    "sv": {
        "m": "Karl Erik Lars Anders Per Mikael Johan Nils Jan Olof Lennart Hans Gunnar Sven Fredrik Bengt Bo Daniel"
        " Åke Gustav Göran Alexander Magnus Peter Martin Andreas John Leif Björn Stefan Mats Henrik Jonas Håkan Ulf"
        " Oskar Oscar Elias Hugo Liam Axel Viktor Filip Emil Kjell Rolf Torbjörn Jörgen Mårten Per-Erik Lars-Göran Ola",
        "f": "Anna Maria Margareta Elisabeth Eva Kristina Birgitta Karin Elisabet Marie Ingrid Christina Sofia Linnéa"
        " Kerstin Lena Helena Marianne Emma Johanna Linda Inger Sara Elin Cecilia Ulla Gunilla Hanna Ida Åsa Märta Gun"
        " Malin Jenny Alice Maja Ella Astrid Wilma Agnes Ebba Klara Clara Saga Siv Britt Anna-Karin Ann-Marie Lovisa",
    },
    "de": {
        "m": "Peter Michael Thomas Andreas Wolfgang Klaus Jürgen Günter Stefan Christian Uwe Werner Horst Frank Dieter"
        " Manfred Matthias Hans Bernd Jörg Heinz Gerhard Helmut Sven Tim Jan Lukas Leon Jonas Finn Paul Felix Max"
        " Maximilian Elias Noah Ben Luca Moritz Philipp Karl Walter Rainer Reiner Ralf Rolf Kai Kay Björn Götz Karl-Heinz"
        " Hans-Jürgen Johannes Benjamin Tobias Florian",
        "f": "Maria Ursula Monika Petra Elisabeth Sabine Renate Helga Karin Brigitte Ingrid Erika Andrea Gisela Claudia"
        " Susanne Gabriele Christa Christine Hildegard Anna Birgit Barbara Gertrud Heike Marianne Angelika Anja Julia"
        " Katrin Kathrin Nicole Stefanie Sandra Lena Lea Mia Emma Hannah Hanna Sophie Sofie Marie Käthe Bärbel Jana"
        " Johanna Lisa Laura Annegret Anneliese Kerstin Antje Silke",
    },
}  # fmt: skip

_HEADS = {
    "nl": "Peeters,Janssens,De Jong,Jansen,De Vries,Van den Berg,Maes,Jacobs,Bakker,Mertens,Willems,Van Dijk,Claes,"
    "Visser,Goossens,Smit,Wouters,De Smet,Meijer,Vermeulen,De Boer,Mulder,Pauwels,Bos,Hermans,Vos,Aerts,Peters,"
    "Michiels,Hendriks,Lemmens,Dekker,Van den Broeck,Brouwer,De Clercq,De Wit,Dijkstra,Desmet,Smits,De Graaf,"
    "Van der Meer,Coppens,Kuipers,Van Damme,Segers,Postma,Cools,Thys,Bogaerts,Van de Velde,Baert,Martens,De Cock,"
    "Verhoeven,Janssen,Hoekstra,'t Hart,Ten Broeke,Van 't Hoff,Claeys,Claessens,De Ridder,Den Hartog,Maas",
    "fr": "Martin,Bernard,Dubois,Thomas,Robert,Richard,Petit,Durand,Leroy,Moreau,Simon,Laurent,Lefebvre,Michel,Garcia,"
    "David,Bertrand,Roux,Vincent,Fournier,Morel,Girard,André,Lefèvre,Mercier,Dupont,Lambert,Bonnet,François,Martinez,"
    "Legrand,Garnier,Faure,Rousseau,Blanc,Guérin,Müller,Henry,Roussel,Nicolas,Perrin,Morin,Mathieu,Clément,Gauthier,"
    "Dumont,Lopez,Fontaine,Chevalier,Robin,Le Gall,Le Goff,De la Croix,D'Hondt,Du Pont,Lemaître,Hébert,Gérard,Noël,"
    "Denis,Lévêque,Prévost,Collard,Delvaux,Renard",
    "pl": "Nowak,Kowalski,Wiśniewski,Wójcik,Kowalczyk,Kamiński,Lewandowski,Zieliński,Szymański,Woźniak,Dąbrowski,"
    "Kozłowski,Jankowski,Mazur,Wojciechowski,Kwiatkowski,Krawczyk,Kaczmarek,Piotrowski,Grabowski,Zając,Pawłowski,"
    "Michalski,Król,Wieczorek,Jabłoński,Wróbel,Nowakowski,Majewski,Olszewski,Stępień,Malinowski,Jaworski,Adamczyk,"
    "Dudek,Nowicki,Pawlak,Górski,Witkowski,Walczak,Sikora,Baran,Rutkowski,Michalak,Szewczyk,Ostrowski,Tomaszewski,"
    "Pietrzak,Zalewski,Wróblewski,Marciniak,Jasiński,Zawadzki,Bąk,Jakubowski,Sadowski,Duda,Włodarczyk,Wilk,Cieślak",
    "sv": "Andersson,Johansson,Karlsson,Nilsson,Eriksson,Larsson,Olsson,Persson,Svensson,Gustafsson,Pettersson,Jonsson,"
    "Jansson,Hansson,Bengtsson,Jönsson,Lindberg,Jakobsson,Magnusson,Olofsson,Lindström,Lindqvist,Lindgren,Axelsson,"
    "Berg,Bergström,Lundberg,Lind,Lundgren,Lundqvist,Mattsson,Berglund,Fredriksson,Sandberg,Henriksson,Forsberg,"
    "Sjöberg,Wallin,Engström,Eklund,Danielsson,Lundin,Håkansson,Björk,Bergman,Gunnarsson,Holm,Wikström,Samuelsson,"
    "Isaksson,Fransson,Bergqvist,Nyström,Holmberg,Arvidsson,Löfgren,Söderberg,Nyberg,Blomqvist,Claesson,Ericsson",
    "de": "Müller,Schmidt,Schneider,Fischer,Weber,Meyer,Wagner,Becker,Schulz,Hoffmann,Schäfer,Koch,Bauer,Richter,Klein,"
    "Wolf,Schröder,Neumann,Schwarz,Zimmermann,Braun,Krüger,Hofmann,Hartmann,Lange,Schmitt,Werner,Schmitz,Krause,Meier,"
    "Lehmann,Schmid,Schulze,Maier,Köhler,Herrmann,König,Walter,Mayer,Huber,Kaiser,Fuchs,Peters,Lang,Scholz,Möller,"
    "Weiß,Jung,Hahn,Schubert,Vogel,Friedrich,Keller,Günther,Frank,Berger,Winkler,Roth,Beck,Lorenz,Baumann,Von Stein,"
    "Groß,Böhm,Jäger,Voß,Zu Hohenfels,Vom Bruch",
}
# Rarer surnames: each of the first parts with each of the second, as such names were made.
_PARTS = {
    "nl": ("Van |Van de |Van der |De |Ver|Ter ", "beke|bosch|brugge|haegen|heyden|kerckhove|linden|meulen|putte|steen|"
           "straeten|voort|wiele|zande|eycken|borre|donck|poel|hoeven|weyden"),
    "fr": ("Beau|Mont|Des|Grand|Val|Clair|Bois|Roche|Fort|Vil", "champs|fort|mont|lieu|val|marais|pré|court|rivière|"
           "sart|noy|fontaine|chêne|ville|bourg|pont"),
    "pl": ("Bor|Brzez|Cz|Dąb|Głow|Jastrz|Kal|Leś|Maj|Ost|Pol|Rak|Sokoł|Star|Tur|Wys", "owski|iński|ewski|ecki|ak|czyk|"
           "ański|owicz|nicki|ik|icki|ański"),
    "sv": ("Berg|Björk|Blom|Dal|Ek|Fors|Gran|Hed|Holm|Kvist|Lund|Ny|Norr|Sjö|Sten|Ström|Söder|Väster|Ö|Ås", "ström|gren|"
           "qvist|berg|lund|man|dahl|mark|stedt|blad|löf|vall"),
    "de": ("Ober|Nieder|Berg|Stein|Wald|Alt|Neu|Lind|Eich|Hof|Mühl|König|Schön|Grün|Tann", "meier|bauer|müller|hofer|"
           "mann|berger|feld|bach|born|hausen|huber|brück|städter|wälder"),
}  # fmt: skip
_STREET_FIRST = (
    "Kerk Dorp Molen Station School Nieuw Park Berg Linde Beuk Eiken Rozen Tulp Kasteel Markt Haven Brug Veld Bos"
    " Water Müller Gärtner Björk Söder Église Moulin Forêt Lipowa Słoneczna Długa"
)
_STREET_SECOND = ("straat", "laan", "weg", " allée", "gatan")
STREETS = [first + second for first, second in product(_STREET_FIRST.split(), _STREET_SECOND)]
DOMAINS = (
    "gmail.com",
    "hotmail.com",
    "outlook.com",
    "telenet.be",
    "orange.fr",
    "wp.pl",
    "gmx.de",
    "telia.se",
)


def surnames(language: str) -> list[str]:
    """The usual ones first."""
    first, second = (part.split("|") for part in _PARTS[language])
    rare = [a + (b.capitalize() if a.endswith(" ") else b) for b, a in product(second, first)]
    return list(dict.fromkeys([*_HEADS[language].split(","), *rare]))


def forenames(language: str, gender: str) -> list[str]:
    return FORENAMES[language][gender].split()
